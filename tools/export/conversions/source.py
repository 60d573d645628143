"""What a conversion is given, and how a file is converted in more than one step."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx


@dataclass(frozen=True)
class Source:
    """An export, inputs that it runs with, and where the converted file goes."""

    path: Path
    samples: tuple[Mapping[str, np.ndarray], ...]
    out: Path

    def model(self) -> onnx.ModelProto:
        return onnx.load(self.path)

    def save(self, model: onnx.ModelProto) -> None:
        onnx.save(model, self.out)


def steps(*conversions: Callable[[Source], None]) -> Callable[[Source], None]:
    """One conversion after another."""

    def convert(source: Source) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = source.path
            for at, conversion in enumerate(conversions):
                out = source.out if at == len(conversions) - 1 else Path(folder) / f"{at}.onnx"
                conversion(replace(source, path=path, out=out))
                path = out

    return convert
