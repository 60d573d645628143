"""Small networks that diffusers does not have, one file each, written the way their field writes them."""
