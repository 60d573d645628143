"""Regenerates test/fixtures, test/foreign, the models of test/published and plans/*.plan.json: `python tools/make_fixtures.py [NAME ...]`.

Seeds are fixed: a second run writes the same bytes.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from export.family import load_family
from export.job import Subject, export_file, tiny, write_samples
from export.plan_json import write_plan
from export.sharing import share_weights
from fixtures import FIXTURES, Fixture, options_of

ROOT = Path(__file__).resolve().parent.parent


def _subject(fixture: Fixture) -> Subject:
    family = load_family(fixture.family).with_config(**fixture.config)
    return tiny(replace(family, lengths={**family.lengths, **fixture.sizes}), fixture.seed)


def make(name: str, fixture: Fixture) -> None:
    """Writes every variant of one fixture, its sample tensors, and its plan."""
    subject = _subject(fixture)
    folder_name = fixture.folder or fixture.family
    # Models whose class has no plan lie together, those of no diffusers class with their plans.
    is_foreign = subject.family.plan is not None
    folder = ROOT / "test" / ("foreign" if is_foreign else f"fixtures/{folder_name}")
    if fixture.published:
        folder = ROOT / "test/published"
    for variant in fixture.variants:
        options = options_of(variant, fixture.dynamic or subject.family.dynamic, variant in fixture.classes)
        path = folder / f"{name}.{variant}.onnx"
        worst = export_file(subject, options, fixture.lengths, path)
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes, differs from torch by {worst:.1e}", flush=True)
    for variant in fixture.shared:
        share_weights(folder / f"{name}.{variant}.onnx", folder / f"{name}.dynamo18-external.onnx")
    write_samples(subject, fixture.lengths, folder, name)
    if fixture.published:
        return
    is_network = "." in subject.family.model
    plan_folder, schemas = (folder, "../../schemas") if is_network else (ROOT / "plans", "../schemas")
    write_plan(subject.plan(), plan_folder / f"{folder_name}.plan.json", f"{schemas}/plan.schema.json")


def main(names: list[str]) -> None:
    unknown = [name for name in names if name not in FIXTURES]
    if unknown:
        sys.exit(f"no fixture {', '.join(unknown)}; known are {', '.join(FIXTURES)}")
    for name in names or FIXTURES:
        make(name, FIXTURES[name])


if __name__ == "__main__":
    main(sys.argv[1:])
