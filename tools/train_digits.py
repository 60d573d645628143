"""Trains the demo's digit model and exports it: `python tools/train_digits.py [--work DIR]`. See README.md."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
from PIL import Image
from sklearn.svm import SVC

from digits.sampler import sample
from digits.setup import SIDE, conditioning, new_model, real_digits
from digits.training import train
from export.job import Options, export_file, saved
from export.parity import session_of
from export.tensors import write_npz

ROOT = Path(__file__).resolve().parent.parent
SEEDS = range(20)


def _recognised(pictures: np.ndarray, digits: np.ndarray) -> np.ndarray:
    """Which pictures a classifier of real digits takes for what they should be."""
    images, labels = real_digits(SIDE)
    classifier = SVC(gamma=0.005).fit(images.reshape(len(images), -1), labels)
    return classifier.predict(pictures.clip(-1, 1).reshape(len(pictures), -1)) == digits


def _write_sheet(pictures: np.ndarray, path: Path) -> None:
    """A sheet with one row per seed, ten digits wide, four times enlarged, a grey frame around each."""
    grey = ((pictures + 1) * 127.5).clip(0, 255).round().astype(np.uint8)
    framed = np.pad(grey, ((0, 0), (2, 2), (2, 2)), constant_values=96)
    side = framed.shape[1]
    rows = framed.reshape(-1, 10, side, side).transpose(0, 2, 1, 3).reshape(-1, 10 * side)
    sheet = Image.fromarray(rows)
    sheet.resize((sheet.width * 4, sheet.height * 4), Image.Resampling.NEAREST).save(path)


def _check(model: Path, sheet: Path) -> None:
    """Draws ten digits for each seed, says how many are recognised, and writes them as a picture."""
    session = session_of(onnx.load(model), model.parent)
    digits = np.tile(np.arange(10), len(SEEDS))
    drawn = [sample(lambda feeds: session.run(["sample"], dict(feeds))[0], range(10), [seed] * 10) for seed in SEEDS]
    pictures = np.concatenate(drawn)
    right = _recognised(pictures, digits)
    print(f"{right.sum()} of {len(right)} recognised; seeds with all ten: {_complete(right)}")
    _write_sheet(pictures, sheet)
    print(f"contact sheet, one row per seed: {sheet}")


def _complete(right: np.ndarray) -> list[int]:
    return [seed for seed, row in zip(SEEDS, right.reshape(-1, 10), strict=True) if row.all()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "digits", help="scratch folder")
    work = parser.parse_args().work
    torch.set_num_threads(1)
    torch.manual_seed(0)
    if not (work / "model").exists():
        train(new_model()).save_pretrained(work / "model")
    target = ROOT / "demo" / "model"
    options = Options("dynamo18", dynamic=("batch", "img", "txt"))
    lengths = {"batch": 2, "img": SIDE * SIDE, "txt": 8}
    difference = export_file(saved(work / "model", seed=0), options, [lengths], target / "digits.onnx")
    print(f"digits.onnx: differs from torch by {difference:.1e}")
    tokens, pooled = conditioning()
    write_npz(target / "conditioning.npz", {"tokens": tokens, "pooled": pooled})
    _check(target / "digits.onnx", work / "digits.png")


if __name__ == "__main__":
    main()
