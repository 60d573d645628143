"""The description of a model family, as data. Knows neither torch nor ONNX.

A family is one `Family` in `families/<name>.py`. Shapes are written with the names of lengths ("img"), the keys of the
model's own config ("in_channels"), numbers, or arithmetic of these ("frames * (height // 2)").
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from . import families

Axis = int | str
Lengths = Mapping[str, int]


@dataclass(frozen=True)
class Input:
    """One forward parameter: its shape, element type and the name of a fill in `inputs.py`.

    `when` names a config key: the parameter is passed only where that key is truthy. `options` go to the fill; a text
    among them is arithmetic like an axis.
    """

    shape: tuple[Axis, ...]
    fill: str = "normal"
    dtype: str = "float32"
    when: str | None = None
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Family:
    """A model class of diffusers, of transformers ("transformers.BertModel") or of `nets/` ("nets.vit.VisionTransformer"),
    a tiny config, and how it is called.

    `dynamic` lists the lengths that a dynamic export leaves open. `constants` are forward arguments that are no
    tensors; a callable receives the lengths. `patches` names entries of `patches/` that an export needs. `shrink`
    makes a new tiny model smaller where no config key does. `complete_plan` changes the class's own plan where that
    cannot run as it is. `plan` is the plan of a class that has none. `grouped` says which inputs the forward takes
    together, as one argument: a list of them, or a dictionary.
    """

    name: str
    model: str
    config: Mapping[str, object]
    inputs: Mapping[str, Input]
    outputs: tuple[str, ...]
    lengths: Lengths
    dynamic: tuple[str, ...]
    constants: Mapping[str, object] = field(default_factory=dict)
    patches: tuple[str, ...] = ()
    shrink: Callable[[object], None] | None = None
    complete_plan: Callable[[dict[str, object]], dict[str, object]] | None = None
    plan: Mapping[str, object] | None = None
    grouped: Mapping[str, tuple[str, ...] | Mapping[str, str]] = field(default_factory=dict)

    def with_config(self, **changes: object) -> Family:
        """The same family with some config keys changed."""
        return replace(self, config={**self.config, **changes})


def family_names() -> list[str]:
    """Every file of the families folder, by name."""
    return sorted(module.name for module in pkgutil.iter_modules(families.__path__))


def load_family(name: str) -> Family:
    """The family of that name; a ValueError lists the known ones."""
    if name not in family_names():
        raise ValueError(f"no family {name!r}; known are {', '.join(family_names())}")
    return importlib.import_module(f"{families.__name__}.{name}").FAMILY


def has_family(class_name: str) -> bool:
    """Whether a family exports a diffusers class."""
    return any(load_family(name).model == class_name for name in family_names())


def family_of_model(class_name: str) -> Family:
    """The family that exports a diffusers class; a ValueError where none does."""
    for name in family_names():
        family = load_family(name)
        if family.model == class_name:
            return family
    raise ValueError(f"no family describes {class_name}; add one to tools/export/families")
