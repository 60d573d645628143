"""One file per model family; see ../family.py for the terms."""
