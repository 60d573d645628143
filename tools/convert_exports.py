"""Converts exports by tools that others use, to try `onnx-cp init` on the results: `npm run inferred:forms`. See README.md."""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort

from export.conversions import FORMS
from export.conversions.source import Source
from export.tensors import write_npz

REPORT = "report.json"
# Characters of a reason.
MOST = 160
Sample = dict[str, np.ndarray]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", type=Path, metavar="FILE", help="an export with FILE.LENGTHS.inputs.npz beside it")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--form", choices=list(FORMS), action="append", help="default: all")
    return parser.parse_args()


def _samples(model: Path) -> dict[str, Sample]:
    """Inputs by their lengths; variants of one model share them: `flux.img96-txt40` is for `flux.dynamo18-dynamic` as well."""
    stems = [model.stem, model.stem.split(".")[0]]
    found = next((files for stem in stems if (files := sorted(model.parent.glob(f"{stem}.*.inputs.npz")))), [])
    if not found:
        sys.exit(f"{model}: no {stems[0]}.*.inputs.npz and no {stems[1]}.*.inputs.npz beside it")
    return {file.name.split(".")[-3]: dict(np.load(file)) for file in found}


def _cast(model: onnx.ModelProto, sample: Sample) -> Sample:
    """The inputs in the element types that the converted model declares."""
    types = {
        value.name: onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type) for value in model.graph.input
    }
    return {name: array.astype(types[name]) for name, array in sample.items() if name in types}


def _runs(path: Path, samples: dict[str, Sample]) -> dict[str, Sample]:
    """The samples that ONNX Runtime takes: a static export has one. Raises what it says if it takes none."""
    options = ort.SessionOptions()
    options.log_severity_level = 4
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    taken, reason = {}, None
    for lengths, sample in samples.items():
        try:
            session.run(None, sample)
            taken[lengths] = sample
        except Exception as error:  # noqa: BLE001
            reason = error
    if not taken and reason is not None:
        raise reason
    return taken


def _convert(source: Path, form: str, out: Path) -> None:
    given = _samples(source)
    path = out / f"{source.stem}+{form}.onnx"
    original = onnx.load(source, load_external_data=False)
    plain = _runs(source, {lengths: _cast(original, sample) for lengths, sample in given.items()})
    with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        FORMS[form](Source(source, tuple(plain.values()), path))
    model = onnx.load(path, load_external_data=False)
    for lengths, sample in _runs(path, {lengths: _cast(model, sample) for lengths, sample in plain.items()}).items():
        write_npz(out / f"{path.stem}.{lengths}.inputs.npz", sample)


def main() -> None:
    given = _arguments()
    logging.disable(logging.WARNING)
    given.out.mkdir(parents=True, exist_ok=True)
    report = given.out / REPORT
    known = json.loads(report.read_text()) if report.exists() else {}
    for source in given.models:
        for form in given.form or FORMS:
            entry = {"model": source.stem, "exporter": form}
            try:
                _convert(source, form, given.out)
                print(f"{source.stem}: {form}", flush=True)
            # What a tool or ONNX Runtime cannot do is a note of the table, not the end of the others.
            except Exception as error:  # noqa: BLE001
                entry["failed"] = f"{type(error).__name__}: {(str(error).strip().splitlines() or [''])[0][:MOST]}"
                print(f"{source.stem}: {form}: {entry['failed']}", flush=True)
            known[f"{source.stem}+{form}"] = entry
            report.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
