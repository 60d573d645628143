"""Exports as other tools convert them: name of a form -> what makes it. Knows no model and no plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .onnx_tools import ONNX_TOOLS
from .optimised import OPTIMISED
from .quantised import QUANTISED
from .source import Source

FORMS: Mapping[str, Callable[[Source], None]] = {**OPTIMISED, **QUANTISED, **ONNX_TOOLS}
