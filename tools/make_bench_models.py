"""Rewrites bench/models: the graphs that `npm run bench` measures, without their weights.

`python tools/make_bench_models.py [NAME ...]`. The benchmark fills the weights from a seed; what is measured does not depend on them.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench_configs import FLUX, WAN
from export.family import load_family
from export.job import Options, export_file, tiny

FOLDER = Path(__file__).resolve().parent.parent / "bench" / "models"


@dataclass(frozen=True)
class BenchModel:
    """A model of realistic width. `lengths` are those of the parity check with torch."""

    family: str
    exporter: str
    config: Mapping[str, object]
    lengths: Mapping[str, int]


MODELS = {
    "flux": BenchModel("flux", "dynamo23", FLUX, {"img": 96, "txt": 40}),
    "flux-opset18": BenchModel("flux", "dynamo18", FLUX, {"img": 96, "txt": 40}),
    "wan": BenchModel("wan", "dynamo23", WAN, {"frames": 3, "height": 8, "width": 16, "txt": 40}),
}


def make(name: str, model: BenchModel) -> None:
    subject = tiny(load_family(model.family).with_config(**model.config), seed=0)
    options = Options(exporter=model.exporter, dynamic=tuple(model.lengths), external=True, classes=False, tolerance=1e-4)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.onnx"
        worst = export_file(subject, options, [model.lengths], path)
        (FOLDER / path.name).write_bytes(path.read_bytes())
    print(f"{name}.onnx: {(FOLDER / path.name).stat().st_size:,} bytes, differed from torch by {worst:.1e}", flush=True)


def main(names: list[str]) -> None:
    unknown = [name for name in names if name not in MODELS]
    if unknown:
        sys.exit(f"no model {', '.join(unknown)}; known are {', '.join(MODELS)}")
    for name in names or MODELS:
        make(name, MODELS[name])


if __name__ == "__main__":
    main(sys.argv[1:])
