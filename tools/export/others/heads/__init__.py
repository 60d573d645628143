"""Models of transformers with a head: classes, spans, boxes, masks, depth; translators, and models of two kinds of input."""

from __future__ import annotations

from . import audio, detection, images, multimodal, texts, translators

FAMILIES = tuple(
    family for file in (texts, translators, images, detection, multimodal, audio) for family in file.FAMILIES
)
