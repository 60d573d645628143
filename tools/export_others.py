"""Exports tiny models that no plan is for, to try `onnx-cp init` on: `npm run inferred:others`. See README.md."""

from __future__ import annotations

import argparse
import json
import sys
import traceback
from pathlib import Path

from export.exporters import EXPORTERS
from export.family import Family
from export.job import Options, export_file, tiny, write_samples
from export.others import other_families
from export.variants import VARIANTS

# Largest difference to torch: some of these models compute sums of many positive terms.
TOLERANCE = 1e-4
REPORT = "report.json"
# Characters of a reason.
MOST = 160


def _arguments(families: dict[str, Family]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"default: all of {', '.join(families)}")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--exporter", choices=list(EXPORTERS), default="dynamo18")
    parser.add_argument("--variant", choices=list(VARIANTS), help="change the file afterwards")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    unknown = [name for name in given.names if name not in families]
    if unknown:
        parser.error(f"no model {unknown[0]!r}; known are {', '.join(families)}")
    return given


def _other_lengths(family: Family) -> dict[str, int]:
    """Lengths beside the family's own, for a dynamic export: what patches and strides divide stays divisible."""
    return {name: family.lengths[name] + (1 if name == "batch" else 4) for name in family.dynamic}


def _export(family: Family, form: str, given: argparse.Namespace) -> str:
    exporter, folder = given.exporter, given.out
    subject = tiny(family, given.seed)
    own = {name: family.lengths[name] for name in family.dynamic}
    lengths = [own, _other_lengths(family)] if family.dynamic else [own]
    stem = f"{family.name}.{form}"
    options = Options(exporter=exporter, dynamic=family.dynamic, tolerance=TOLERANCE)
    worst = export_file(subject, options, lengths, folder / f"{stem}.onnx")
    if given.variant:
        VARIANTS[given.variant](folder / f"{stem}.onnx")
    write_samples(subject, lengths, folder, stem)
    return f"differs from torch by at most {worst:.1e}"


def _reason(error: BaseException) -> str:
    """What failed, on one line: an exporter's own error says only that it failed, and what it was raised from says why."""
    while error.__cause__ is not None:
        error = error.__cause__
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:MOST]}"


def main() -> None:
    families = other_families()
    given = _arguments(families)
    given.out.mkdir(parents=True, exist_ok=True)
    report = given.out / REPORT
    known = json.loads(report.read_text()) if report.exists() else {}
    form = f"{given.exporter}-{given.variant}" if given.variant else given.exporter
    for name in given.names or families:
        family = families[name]
        entry = {"model": family.model, "exporter": form}
        try:
            print(f"{name}: {_export(family, form, given)}", flush=True)
        # One class that an exporter cannot take is a row of the table, not the end of the others.
        except Exception as error:  # noqa: BLE001
            entry["failed"] = _reason(error)
            print(f"{name}: {entry['failed']}", flush=True)
            traceback.print_exc(file=sys.stderr)
        known[f"{name}.{form}"] = entry
        report.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
