"""Exports the graphs of models of real size, without weights, for `npm run bench:size`. See README.md."""

from __future__ import annotations

import argparse
import gzip
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from export import clean
from export.exporters import export
from export.family import load_family
from export.job import Options, request_of
from export.weightless import weightless

FOLDER = Path(__file__).parent.parent / "bench/size/exports"
DTYPE = torch.bfloat16


@dataclass(frozen=True)
class Size:
    """A family at the width of a released model, with four blocks of each list: bench/size/grow.ts repeats one in the middle."""

    family: str
    config: Mapping[str, object]


SIZES: Mapping[str, Size] = {
    "flux-dev": Size(
        "flux",
        dict(
            in_channels=64,
            num_layers=4,
            num_single_layers=4,
            num_attention_heads=24,
            attention_head_dim=128,
            joint_attention_dim=4096,
            pooled_projection_dim=768,
            guidance_embeds=True,
            axes_dims_rope=(16, 56, 56),
        ),
    ),
    "wan-14b": Size(
        "wan",
        dict(
            num_layers=4,
            num_attention_heads=40,
            attention_head_dim=128,
            in_channels=16,
            out_channels=16,
            text_dim=4096,
            freq_dim=256,
            ffn_dim=13824,
            rope_max_seq_len=1024,
        ),
    ),
}


def export_size(size: Size, folder: Path) -> bytes:
    """The cleaned model; `folder` is for temporary files."""
    family = load_family(size.family).with_config(**size.config)
    subject = weightless(family, DTYPE, folder / "weights")
    # An exporter fixes an axis whose example length is 1.
    lengths = {name: max(2, family.lengths[name]) for name in family.dynamic}
    options = Options(exporter="dynamo18", dynamic=family.dynamic)
    request = request_of(subject, options, lengths, folder / "model.onnx")
    inputs = {name: _cast(name, tensor) for name, tensor in request.inputs.items()}
    model = export(subject.model, replace(request, inputs=inputs, weightless="model.onnx.data"))
    return clean.clean(model).SerializeToString(deterministic=True)


def _cast(name: str, tensor: torch.Tensor) -> torch.Tensor:
    """Positions stay float32, as pipelines give them."""
    return tensor.to(DTYPE) if tensor.is_floating_point() and not name.endswith("_ids") else tensor


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *SIZES], help="default: all")
    names = parser.parse_args().names or list(SIZES)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            content = export_size(SIZES[name], Path(folder))
        file = FOLDER / f"{name}.onnx.gz"
        file.write_bytes(gzip.compress(content, 9, mtime=0))
        print(f"{file.name}: {len(content)} bytes, {file.stat().st_size} packed")


if __name__ == "__main__":
    main()
