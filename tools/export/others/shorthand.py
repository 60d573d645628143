"""Inputs that many of these models take."""

from __future__ import annotations

from ..family import Axis, Input

STEP = Input(("batch",), "integers", "int64", options={"high": 1000})
LEVEL = Input(("batch",), "uniform", options={"low": 0.1, "high": 0.9})
# 35 patches of 2 x 2, which no number of ranks divides.
PICTURE = Input(("batch", "in_channels", 14, 10))
# Classes of transformers that write their attention as products and a softmax, or not otherwise.
EAGER = {"attn_implementation": "eager"}
MASK = Input(("batch", "txt"), "mask", "int64")
BOOL_MASK = Input(("batch", "txt"), "mask", "bool")


def text(width: Axis) -> Input:
    """Tokens of a prompt."""
    return Input(("batch", "txt", width))


def tokens(width: Axis) -> Input:
    """Tokens of a picture."""
    return Input(("batch", "img", width))


def vector(width: Axis) -> Input:
    return Input(("batch", width))


def clip(*size: Axis) -> Input:
    """Frames, height and width of a video's latents."""
    return Input(("batch", "in_channels", *size))


def ids(high: Axis, axis: str = "txt") -> Input:
    """Numbers of tokens in a vocabulary."""
    return Input(("batch", axis), "integers", "int64", options={"high": high})
