"""LTX-Video called with the size of the video in Python numbers: the rotary tables become constants of an export."""

from dataclasses import replace

from . import ltx

FAMILY = replace(
    ltx.FAMILY,
    name="ltx_grid",
    inputs={**ltx.INPUTS, "hidden_states": ltx.Input(("batch", "frames * rows * columns", "in_channels"))},
    lengths={"batch": 1, "frames": 2, "rows": 6, "columns": 8, "txt": 40},
    dynamic=("txt",),
    constants={
        "num_frames": lambda lengths: lengths["frames"],
        "height": lambda lengths: lengths["rows"],
        "width": lambda lengths: lengths["columns"],
        "rope_interpolation_scale": (8 / 25, 32, 32),
    },
)
