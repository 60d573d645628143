"""Lets exports of one model share its weights: what one export has in its data file, others refer to instead of repeating it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import onnx
from onnx.external_data_helper import ExternalDataInfo, set_external_data, uses_external_data


def _places(owner: Path) -> dict[str, ExternalDataInfo]:
    """Where the content of each external tensor of `owner` lies, by its hash."""
    tensors = onnx.load(owner, load_external_data=False).graph.initializer
    places = {}
    for info in (ExternalDataInfo(tensor) for tensor in tensors if uses_external_data(tensor)):
        with (owner.parent / info.location).open("rb") as file:
            file.seek(info.offset)
            places[hashlib.sha256(file.read(info.length)).hexdigest()] = info
    return places


def share_weights(path: Path, owner: Path) -> None:
    """Rewrites the export `path`: a tensor whose bytes are in the data file of the export `owner`, in the same folder, refers to them."""
    model = onnx.load(path, load_external_data=False)
    places = _places(owner)
    for tensor in model.graph.initializer:
        info = places.get(hashlib.sha256(tensor.raw_data).hexdigest())
        if info is not None:
            set_external_data(tensor, info.location, info.offset, info.length)
            tensor.ClearField("raw_data")
    path.write_bytes(model.SerializeToString(deterministic=True))
