"""The type of a patch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

DYNAMO = "dynamo"
TORCHSCRIPT = "torchscript"

# A class or module, one of its own attributes, and what stands there during the export.
Change = tuple[object, str, object]


@dataclass(frozen=True)
class Patch:
    """`why` is what happens without it. `changes` is called when the patch is entered, so that nothing loads early."""

    why: str
    exporters: tuple[str, ...]
    changes: Callable[[], list[Change]]
