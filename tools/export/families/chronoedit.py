"""ChronoEdit: Wan with two pictures, the source and the edited one; the positions between them leave room for a video."""

from dataclasses import replace

from . import wan

FAMILY = replace(wan.FAMILY, name="chronoedit", model="ChronoEditTransformer3DModel")
