"""ChronoEdit: Wan with two pictures, the given and the edited, between which the positions leave room for a video."""

from dataclasses import replace

from . import wan

FAMILY = replace(wan.FAMILY, name="chronoedit", model="ChronoEditTransformer3DModel")
