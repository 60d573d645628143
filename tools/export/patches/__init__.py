"""Changes to model code without which an export fails or is wrong. Each is named, explained, and undone afterwards.

A patch keeps the mathematics of the model. It applies to the exporters that need it, and to nothing else.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping

from . import common, hidream, hunyuan_video15, lumina2, ltx2, mochi, qwenimage, qwenimage21, zimage
from .patch import Patch

_OWN = (common, hidream, hunyuan_video15, ltx2, lumina2, mochi, qwenimage, qwenimage21, zimage)
PATCHES: Mapping[str, Patch] = {name: patch for module in _OWN for name, patch in module.PATCHES.items()}


@contextlib.contextmanager
def applied(names: Iterable[str], exporter: str) -> Iterator[None]:
    """Enters those of the named patches that the exporter ("dynamo" or "torchscript") needs."""
    with contextlib.ExitStack() as stack:
        for name in names:
            if exporter in PATCHES[name].exporters:
                for owner, attribute, value in PATCHES[name].changes():
                    stack.enter_context(_replaced(owner, attribute, value))
        yield


@contextlib.contextmanager
def _replaced(owner: object, attribute: str, value: object) -> Iterator[None]:
    missing = object()
    original = vars(owner).get(attribute, missing)
    setattr(owner, attribute, value)
    try:
        yield
    finally:
        if original is missing:
            delattr(owner, attribute)
        else:
            setattr(owner, attribute, original)
