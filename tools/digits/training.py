"""Trains the digit model by flow matching: coarse pictures first, then full size."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass

import numpy as np
import torch

from .setup import NO_LABEL, TEXT, conditioning, image_ids, real_digits


@dataclass(frozen=True)
class Stage:
    """One stage: picture side, optimiser steps, pictures per step, peak learning rate, and the two smoothers."""

    side: int
    steps: int
    batch: int
    rate: float
    average: float
    warm_up: int


STAGES = (
    Stage(side=8, steps=800, batch=32, rate=2e-3, average=0.998, warm_up=100),
    Stage(side=16, steps=700, batch=16, rate=1e-3, average=0.995, warm_up=50),
)
UNLABELLED = 0.1
DECAY = 0.01
LAST_RATE = 0.02


def shifted(sigma: torch.Tensor) -> torch.Tensor:
    """Noise level for 16 x 16 pictures: moved towards noise, since more pixels average more of it away."""
    return 2 * sigma / (1 + sigma)


def _noise_levels(count: int, side: int) -> torch.Tensor:
    """Stratified over the batch: sigmoid of a normal."""
    uniform = (torch.randperm(count) + torch.rand(count)) / count
    sigma = torch.sigmoid(math.sqrt(2) * torch.erfinv((2 * uniform - 1).clamp(-0.9999, 0.9999)))
    return shifted(sigma) if side == 16 else sigma


def _optimizer(model: torch.nn.Module, rate: float) -> torch.optim.AdamW:
    matrices = [p for p in model.parameters() if p.ndim > 1]
    vectors = [p for p in model.parameters() if p.ndim < 2]
    groups = [{"params": matrices, "weight_decay": DECAY}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.99))


def _rate(step: int, stage: Stage) -> float:
    if step < stage.warm_up:
        return stage.rate * (step + 1) / stage.warm_up
    done = (step - stage.warm_up) / (stage.steps - stage.warm_up)
    return stage.rate * (LAST_RATE + (1 - LAST_RATE) * 0.5 * (1 + math.cos(math.pi * done)))


class _Examples:
    """Draws training batches of one stage."""

    def __init__(self, stage: Stage) -> None:
        pictures, labels = real_digits(stage.side)
        self._pictures = torch.from_numpy(pictures).reshape(len(pictures), -1, 1)
        self._labels = torch.from_numpy(labels)
        self._tokens, self._pooled = map(torch.from_numpy, conditioning())
        self._stage = stage
        self._fixed = {"img_ids": image_ids(stage.side), "txt_ids": torch.zeros(TEXT, 3)}

    def draw(self) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
        """Model inputs and the velocity to learn."""
        chosen = torch.randint(len(self._pictures), (self._stage.batch,))
        clean = self._pictures[chosen]
        label = torch.where(torch.rand(self._stage.batch) < UNLABELLED, NO_LABEL, self._labels[chosen])
        sigma = _noise_levels(self._stage.batch, self._stage.side)
        noise = torch.randn_like(clean)
        mixed = torch.lerp(clean, noise, sigma[:, None, None])
        inputs = {
            "hidden_states": mixed,
            "encoder_hidden_states": self._tokens[label],
            "pooled_projections": self._pooled[label],
            "timestep": sigma,
        }
        return {**inputs, **self._fixed}, noise - clean


def _run_stage(model: torch.nn.Module, stage: Stage) -> torch.nn.Module:
    """Trains `model` in place and returns the average of its weights over time."""
    examples = _Examples(stage)
    optimizer = _optimizer(model, stage.rate)
    average = copy.deepcopy(model)
    losses = []
    for step in range(stage.steps):
        inputs, target = examples.draw()
        loss = torch.nn.functional.mse_loss(model(**inputs, return_dict=False)[0], target)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = _rate(step, stage)
        optimizer.step()
        with torch.no_grad():
            for kept, now in zip(average.parameters(), model.parameters(), strict=True):
                kept.lerp_(now, 1 - stage.average)
        losses.append(loss.item())
        if (step + 1) % 50 == 0:
            print(f"{stage.side}x{stage.side} step {step + 1}: loss {np.mean(losses[-50:]):.4f}", flush=True)
    return average


def train(model: torch.nn.Module) -> torch.nn.Module:
    """All stages; each starts from the average of the one before."""
    model.train()
    for stage in STAGES:
        model = _run_stage(model, stage)
    return model.eval()
