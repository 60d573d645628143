"""Tiny models of classes that no plan of this repository is for, as data: what `onnx-cp init` is tried on."""

from __future__ import annotations

from ..family import Family, load_family
from . import (
    audio,
    audio_autoencoders,
    autoencoders,
    controlnets,
    heads,
    image,
    image_grid,
    image_joint,
    sound_more,
    speech,
    text,
    text_decoders,
    text_encoders,
    unets,
    video,
    video_autoencoders,
    vision,
    vision_more,
)

# Families of which no export is committed: the repository stays small. The plan of the first is refused.
_FAMILIES = ("sana", "cogview4", "zimage", "lumina2", "hidream", "qwenimage21", "hunyuan_video15", "mochi")
_FILES = (
    image,
    image_grid,
    image_joint,
    video,
    audio,
    unets,
    autoencoders,
    controlnets,
    video_autoencoders,
    audio_autoencoders,
    text,
    text_encoders,
    text_decoders,
    vision,
    vision_more,
    speech,
    sound_more,
    heads,
)


def other_families() -> dict[str, Family]:
    """Every family, by name."""
    found = [*map(load_family, _FAMILIES), *(family for file in _FILES for family in file.FAMILIES)]
    return {family.name: family for family in found}
