"""Exports a diffusers transformer to ONNX, with its context-parallel plan and sample tensors. See README.md."""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterable
from pathlib import Path

from export.exporters import EXPORTERS
from export.family import Family, family_names, load_family
from export.job import Options, Subject, export_file, saved, tiny, write_samples
from export.plan_json import write_plan

ALL = "all"


def _lengths(text: str) -> dict[str, int]:
    pairs = [part.partition("=") for part in text.split(",")]
    wrong = [name + equals + size for name, equals, size in pairs if not (equals and size.isdecimal() and int(size) > 0)]
    if wrong:
        raise argparse.ArgumentTypeError(f'"{wrong[0]}" is not of the form NAME=SIZE, for example img=96')
    return {name: int(size) for name, _, size in pairs}


def _setting(text: str) -> tuple[str, object]:
    key, _, value = text.partition("=")
    try:
        return key, ast.literal_eval(value)
    except (SyntaxError, ValueError) as error:
        raise argparse.ArgumentTypeError(f'"{text}" is not of the form KEY=VALUE with a Python literal') from error


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("family", nargs="?", choices=family_names(), help="export the tiny config of this family")
    parser.add_argument("--model", type=Path, metavar="DIR", help="export this save_pretrained folder instead")
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
    parser.add_argument("--tolerance", type=float, default=1e-5, help="largest difference to torch")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--schema", help="path of plan.schema.json as seen from the plan")
    given = parser.parse_args()
    if (given.family is None) == (given.model is None):
        parser.error("name a family, or a folder with --model")
    return given


def _subject(given: argparse.Namespace) -> Subject:
    if given.model:
        return saved(given.model, given.seed)
    return tiny(load_family(given.family).with_config(**dict(given.set)), given.seed)


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
        tolerance=given.tolerance,
    )
    worst = export_file(subject, options, lengths, given.out / f"{name}.onnx")
    write_samples(subject, lengths if options.dynamic else lengths[:1], given.out, name)
    write_plan(subject.plan(), given.out / f"{name}.plan.json", given.schema)
    if not subject.plan():
        print(f"{family.model} has no plan of its own: {name}.plan.json is yours to write")
    print(f"{name}.onnx: differs from torch by at most {worst:.1e}")


if __name__ == "__main__":
    try:
        main()
    except ValueError as error:
        sys.exit(f"error: {error}")
