"""One complete export: model, ONNX file, parity with torch, sample tensors."""

from __future__ import annotations

import importlib
import inspect
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import diffusers
import onnx
import torch

from . import clean, parity
from .exporters import UNNAMED, Request, export, run_torch
from .family import Family, Lengths, family_of_model
from .inputs import make_inputs, present_inputs, randomise
from .plan_json import Plan, plan_of
from .tensors import write_npz

TRANSFORMERS = "transformers"


@dataclass(frozen=True)
class Subject:
    """A model with the family that describes it."""

    family: Family
    model: torch.nn.Module
    seed: int
    dtype: torch.dtype = torch.float32

    def inputs(self, lengths: Lengths) -> dict[str, torch.Tensor]:
        """Sample inputs for these lengths, in the order of the forward; lengths not given are the family's."""
        tensors = make_inputs(self.family, config_of(self.model), {**self.family.lengths, **lengths}, self.seed)
        own = list(inspect.signature(self.model.forward).parameters)
        # Grouped inputs are no parameters of the forward: they come last, as the family lists them.
        names = sorted(tensors, key=lambda n: own.index(n) if n in own else len(own))
        return {name: self._cast(name, tensors[name]) for name in names}

    def _cast(self, name: str, tensor: torch.Tensor) -> torch.Tensor:
        """In the model's type, but for positions, which pipelines give in float32."""
        return tensor.to(self.dtype) if tensor.is_floating_point() and not name.endswith("_ids") else tensor

    def constants(self, lengths: Lengths) -> dict[str, object]:
        """The forward arguments that are no tensors."""
        known = {**self.family.lengths, **lengths}
        given = {key: value(known) if callable(value) else value for key, value in self.family.constants.items()}
        takes = inspect.signature(self.model.forward).parameters
        is_open = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in takes.values())
        return {**({"return_dict": False} if "return_dict" in takes or is_open else {}), **given}

    def plan(self) -> Plan:
        """The class's own plan, completed where the family says so."""
        if self.family.plan is not None:
            return dict(self.family.plan)
        plan = plan_of(getattr(type(self.model), "_cp_plan", None))
        return self.family.complete_plan(plan) if self.family.complete_plan else plan


@dataclass(frozen=True)
class Options:
    """How one file is exported. `dynamic` lists the named lengths that stay open; empty is a static export.

    `classes` keeps the class of every module in the node metadata, which only people read. `tolerance` is the largest
    difference to torch that the export may show, relative to the largest number of the output.
    """

    exporter: str
    dynamic: tuple[str, ...] = ()
    marked: bool = False
    unnamed: bool = False
    wrapper: str | None = None
    external: bool = False
    classes: bool = True
    tolerance: float = 1e-5


def class_of(name: str) -> type[torch.nn.Module]:
    """A class of diffusers, `transformers.<class>`, or `nets.<file>.<class>`."""
    module, _, class_name = name.rpartition(".")
    if module.split(".")[0] == TRANSFORMERS:
        return getattr(importlib.import_module(module), class_name)
    return getattr(importlib.import_module(f".{module}", __package__) if module else diffusers, class_name)


def config_of(model: torch.nn.Module) -> Mapping[str, object]:
    """The names that shapes may use: transformers has the config of an encoder in one of its own class."""
    return model.config if isinstance(model.config, Mapping) else model.config.to_dict()


def _made(family: Family) -> torch.nn.Module:
    """The class of the family with its config. In transformers, a config is of a class of its own."""
    cls = class_of(family.model)
    config = dict(family.config)
    if not family.model.startswith(f"{TRANSFORMERS}."):
        return cls.from_config(config)
    usual = "sdpa" if getattr(cls, "_supports_sdpa", False) else "eager"
    return cls._from_config(cls.config_class(**config), attn_implementation=config.get("attn_implementation", usual))


def tiny(family: Family, seed: int, dtype: torch.dtype = torch.float32) -> Subject:
    """The family's tiny config with weights from the seed."""
    model = _made(family).eval()
    randomise(model, seed)
    if family.shrink:
        family.shrink(model)
    # diffusers warns about any cast.
    return Subject(family, model if dtype == torch.float32 else model.to(dtype), seed, dtype)


def saved(
    folder: Path,
    seed: int,
    dtype: torch.dtype = torch.float32,
    describe: Callable[[torch.nn.Module], Family] | None = None,
) -> Subject:
    """A model from a folder that `save_pretrained` wrote. `describe` gives the family of a class that has none."""
    name = class_name(folder)
    family = None if describe else family_of_model(name)
    kind = getattr(diffusers, name, None)
    if kind is None:
        raise ValueError(f"diffusers {diffusers.__version__} has no class {name}")
    model = kind.from_pretrained(folder, local_files_only=True, torch_dtype=dtype).eval()
    described = describe(model) if family is None else replace(family, config=dict(model.config))
    return Subject(described, model, seed, dtype)


def class_name(folder: Path) -> str:
    """From `config.json`; a ValueError says what the folder is instead of a model."""
    file = folder / "config.json"
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}")
    if not file.is_file():
        parts = sorted(path.parent.name for path in folder.glob("*/config.json"))
        if not parts:
            raise ValueError(f"{folder} has no config.json: it is no folder that save_pretrained wrote")
        raise ValueError(f"{folder} is a pipeline; add --subfolder and the name of its model: {', '.join(parts)}")
    try:
        return json.loads(file.read_text())["_class_name"]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise ValueError(f"{file} does not name a class of diffusers (_class_name)") from error


def _dynamic_axes(subject: Subject, names: tuple[str, ...], unnamed: bool) -> dict[str, dict[int, str]]:
    """Which axes stay open: those whose length is a dynamic name, or arithmetic with one."""
    open_axes: dict[str, dict[int, str]] = {}
    for parameter, spec in present_inputs(subject.family, config_of(subject.model)).items():
        for at, axis in enumerate(spec.shape):
            if axis in names:
                open_axes.setdefault(parameter, {})[at] = UNNAMED if unnamed else str(axis)
            elif isinstance(axis, str) and any(name in axis for name in names) and not axis.isidentifier():
                open_axes.setdefault(parameter, {})[at] = UNNAMED
    return open_axes


def _example(subject: Subject, options: Options, lengths: list[Lengths]) -> Lengths:
    """The first lengths that an export can be traced at: exporters fix an axis whose example length is 1."""
    for size in lengths:
        known = {**subject.family.lengths, **size}
        if all(known[name] > 1 for name in options.dynamic):
            return size
    raise ValueError(f"{', '.join(options.dynamic)} are dynamic, so one set of lengths needs all of them above 1")


def request_of(subject: Subject, options: Options, lengths: Lengths, path: Path) -> Request:
    return Request(
        exporter=options.exporter,
        inputs=subject.inputs(lengths),
        constants=subject.constants(lengths),
        outputs=subject.family.outputs,
        dynamic=_dynamic_axes(subject, options.dynamic, options.unnamed),
        plan=subject.plan() if options.marked else None,
        patches=subject.family.patches,
        wrapper=options.wrapper,
        external=path if options.external else None,
        grouped=subject.family.grouped,
    )


def export_file(subject: Subject, options: Options, lengths: list[Lengths], path: Path) -> float:
    """Exports, compares at every set of lengths that the export allows, and writes `path`.

    Returns the largest difference to torch; ValueError where it is above the tolerance, and then no file stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    data = Path(f"{path}.data")
    for file in (path, data):
        file.unlink(missing_ok=True)
    try:
        request = request_of(subject, options, _example(subject, options, lengths), path)
        model = clean.clean(export(subject.model, request), options.classes)
        worst = _compare(subject, model, path.parent, lengths if options.dynamic else lengths[:1])
        if worst > options.tolerance:
            raise ValueError(f"{path.name}: differs from torch by {worst:.1e}, more than {options.tolerance:.0e}")
    except BaseException:
        for file in (path, data):
            file.unlink(missing_ok=True)
        raise
    path.write_bytes(model.SerializeToString(deterministic=True))
    return worst


def torch_outputs(subject: Subject, lengths: Lengths) -> dict[str, object]:
    """What the model itself gives for the sample inputs of these lengths."""
    family = subject.family
    return run_torch(subject.model, family.outputs, subject.inputs(lengths), subject.constants(lengths), family.grouped)


def _compare(subject: Subject, model: onnx.ModelProto, folder: Path, lengths: Iterable[Lengths]) -> float:
    session = parity.session_of(model, folder)
    return max(
        parity.largest_difference(
            session,
            {name: tensor.numpy() for name, tensor in subject.inputs(size).items()},
            torch_outputs(subject, size),
        )
        for size in lengths
    )


def label(lengths: Mapping[str, int]) -> str:
    """`img96-txt40`."""
    return "-".join(f"{name}{size}" for name, size in lengths.items())


def write_samples(subject: Subject, lengths: Iterable[Lengths], folder: Path, name: str) -> None:
    """Writes `<name>.<label>.inputs.npz` and `.outputs.npz` for each set of lengths."""
    for size in lengths:
        stem = f"{name}.{label(size)}"
        inputs = {key: tensor.numpy() for key, tensor in subject.inputs(size).items()}
        write_npz(folder / f"{stem}.inputs.npz", inputs)
        write_npz(folder / f"{stem}.outputs.npz", torch_outputs(subject, size))
