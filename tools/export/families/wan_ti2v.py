"""Wan 2.2 TI2V: Wan with a timestep for every token."""

from dataclasses import replace

from ..family import Input
from . import wan

FAMILY = replace(
    wan.FAMILY,
    name="wan_ti2v",
    inputs={**wan.INPUTS, "timestep": Input(("batch", wan.TOKENS), "integers", "int64", options={"high": 1000})},
)
