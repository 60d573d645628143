"""LTX-2 from an image: LTX-2 with a timestep for each token of the video, and one for the audio."""

from dataclasses import replace

from ..family import Input
from . import ltx2

STEPS = {"low": 100.0, "high": 900.0}

FAMILY = replace(
    ltx2.FAMILY,
    name="ltx2_timesteps",
    inputs={
        **ltx2.FAMILY.inputs,
        "timestep": Input(("batch", "img"), "uniform", options=STEPS),
        "audio_timestep": Input(("batch",), "uniform", options=STEPS),
    },
)
