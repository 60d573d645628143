"""Models of real size without their weights: torch sees parameters of full shape in a sparse file, the export states where they would be."""

from __future__ import annotations

from pathlib import Path

import torch

from .family import Family
from .job import Subject, class_of

# Parameters up to this size get numbers: the exporter drops a bias of zeros and merges equal norms, large ones it only refers to.
_FILLED = 2**20


def weightless(family: Family, dtype: torch.dtype, store: Path, seed: int = 0) -> Subject:
    """The family's model with its parameters in the sparse file `store`, which must outlive the subject; buffers are real."""
    with torch.device("meta"):
        model = class_of(family.model).from_config(dict(family.config)).eval().to(dtype)
    parameters = dict(model.named_parameters())
    size = sum(parameter.numel() for parameter in parameters.values())
    with store.open("wb") as file:
        file.truncate(size * dtype.itemsize)
    weights = torch.from_file(str(store), shared=False, size=size, dtype=dtype)
    generator = torch.Generator().manual_seed(seed)
    at = 0
    for name, parameter in parameters.items():
        part = weights[at : at + parameter.numel()]
        if parameter.numel() <= _FILLED:
            part.normal_(generator=generator)
        _put(model, "_parameters", name, torch.nn.Parameter(part.view(parameter.shape), requires_grad=False))
        at += parameter.numel()
    for name, buffer in _buffers(family).items():
        _put(model, "_buffers", name, buffer)
    return Subject(family, model, seed)


def _buffers(family: Family) -> dict[str, torch.Tensor]:
    """Buffers are computed by the constructor; they do not depend on the number of blocks, so one block is enough."""
    lists = {key: 1 for key in family.config if key.startswith("num_") and key.endswith("layers")}
    with torch.device("meta"):
        model = class_of(family.model).from_config({**family.config, **lists})
    if not dict(model.named_buffers()):
        return {}
    return dict(class_of(family.model).from_config({**family.config, **lists}).named_buffers())


def _put(model: torch.nn.Module, kind: str, name: str, tensor: torch.Tensor) -> None:
    module, _, leaf = name.rpartition(".")
    getattr(model.get_submodule(module), kind)[leaf] = tensor
