"""Exports a diffusers transformer to ONNX, with its context-parallel plan and sample tensors. See README.md."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import torch

from export.exporters import EXPORTERS
from export.family import Family, Input, family_names, has_family, load_family
from export.generic import describe, parse_constant, parse_input
from export.job import Options, class_name, Subject, export_file, saved, tiny, write_samples
from export.plan_json import write_plan

ALL = "all"
# By type: what rounding alone may do to an output, relative to its largest number.
TOLERANCES = {"float32": 1e-5, "float16": 2e-2}


def _lengths(text: str) -> dict[str, int]:
    pairs = [part.partition("=") for part in text.split(",")]
    wrong = [name + equals + size for name, equals, size in pairs if not (equals and size.isdecimal() and int(size) > 0)]
    if wrong:
        raise argparse.ArgumentTypeError(f'"{wrong[0]}" is not of the form NAME=SIZE, for example img=96')
    return {name: int(size) for name, _, size in pairs}


def _setting(text: str) -> tuple[str, object]:
    try:
        return parse_constant(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _input(text: str) -> tuple[str, Input]:
    try:
        return parse_input(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("family", nargs="?", choices=family_names(), help="export the tiny config of this family")
    parser.add_argument("--model", type=Path, metavar="DIR", help="export this save_pretrained folder instead")
    parser.add_argument("--subfolder", metavar="NAME", help="the model's folder in that of a pipeline: transformer")
    parser.add_argument("--dtype", choices=list(TOLERANCES), default="float32", help="type of the weights and inputs")
    many = {"action": "append", "default": []}
    undescribed = "of a class without a family"
    parser.add_argument("--input", type=_input, **many, metavar="NAME=AXES", help=f"{undescribed}: timestep=batch:uniform")
    parser.add_argument("--constant", type=_setting, **many, metavar="NAME=VALUE", help=f"{undescribed}: no tensor")
    parser.add_argument("--output", **many, metavar="NAME", help=f"{undescribed}; default: sample")
    parser.add_argument("--out", type=Path, default=Path("."), metavar="DIR")
    parser.add_argument("--name", help="stem of the files; default: the family's name")
    parser.add_argument("--exporter", choices=list(EXPORTERS), default="dynamo18")
    parser.add_argument("--dynamic", nargs="?", const=ALL, metavar="NAMES", help="keep lengths open: all, or img,txt")
    parser.add_argument("--unnamed", action="store_true", help="let the exporter name the open axes")
    parser.add_argument("--markers", action="store_true", help="write cp::Boundary nodes where the plan points")
    parser.add_argument("--wrap", metavar="NAME", help="put the model under an outer module, as its NAME")
    parser.add_argument("--external-data", action="store_true", help="weights in one file beside the model")
    parser.add_argument("--lengths", type=_lengths, action="append", metavar="img=96,txt=40", help="repeatable")
    parser.add_argument("--set", type=_setting, action="append", default=[], metavar="KEY=VALUE", help="config key")
    parser.add_argument("--tolerance", type=float, help="largest difference to torch, as a share of the output's largest number")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--schema", help="path of plan.schema.json as seen from the plan")
    given = parser.parse_args()
    if (given.family is None) == (given.model is None):
        parser.error("name a family, or a folder with --model")
    described = [*given.input, *given.constant, *given.output]
    if given.model is None and (given.subfolder or described):
        parser.error("--subfolder, --input, --constant and --output are for a folder that --model names")
    return given


def _subject(given: argparse.Namespace) -> Subject:
    dtype = getattr(torch, given.dtype)
    if not given.model:
        return tiny(load_family(given.family).with_config(**dict(given.set)), given.seed, dtype)
    folder = given.model / given.subfolder if given.subfolder else given.model
    return saved(folder, given.seed, dtype, _describe(given, class_name(folder)))


def _describe(given: argparse.Namespace, kind: str) -> Callable[[torch.nn.Module], Family] | None:
    """For a class without a family; one that has a family needs no description."""
    described = [*given.input, *given.constant, *given.output]
    if not has_family(kind):
        return lambda model: describe(model, dict(given.input), dict(given.constant), given.output or ["sample"])
    if described:
        raise ValueError(f"{kind} has a family, which describes its inputs: leave out --input, --constant and --output")
    return None


def _dynamic_names(family: Family, asked: str | None) -> tuple[str, ...]:
    if asked is None:
        return ()
    names = family.dynamic if asked == ALL else tuple(asked.split(","))
    _check_names("--dynamic", names, family.lengths, family)
    return names


def _check_names(option: str, names: Iterable[str], known: Iterable[str], family: Family) -> None:
    wrong = [name for name in names if name not in known]
    if wrong:
        listed = ", ".join(known) or "none"
        raise ValueError(f'{option}: {family.name} has no length "{wrong[0]}"; it has {listed}')


def main() -> None:
    given = _arguments()
    subject = _subject(given)
    family = subject.family
    name = given.name or family.name
    lengths = given.lengths or [{key: family.lengths[key] for key in family.dynamic}]
    for chosen in given.lengths or []:
        _check_names("--lengths", chosen, family.lengths, family)
    options = Options(
        exporter=given.exporter,
        dynamic=_dynamic_names(family, given.dynamic),
        marked=given.markers,
        unnamed=given.unnamed,
        wrapper=given.wrap,
        external=given.external_data,
        tolerance=TOLERANCES[given.dtype] if given.tolerance is None else given.tolerance,
    )
    worst = export_file(subject, options, lengths, given.out / f"{name}.onnx")
    write_samples(subject, lengths if options.dynamic else lengths[:1], given.out, name)
    write_plan(subject.plan(), given.out / f"{name}.plan.json", given.schema)
    if not subject.plan():
        print(f"{family.model} has no plan of its own: onnx-cp init {name}.onnx infers one")
    print(f"{name}.onnx: differs from torch by at most {worst:.1e} of the output's largest number")


if __name__ == "__main__":
    try:
        main()
    except ValueError as error:
        sys.exit(f"error: {error}")
