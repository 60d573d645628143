"""Draws digits with the exported model. The demo does the same in TypeScript; README.md has the formulae."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from .setup import NO_LABEL, SIDE, TEXT, conditioning, image_ids

Predict = Callable[[Mapping[str, np.ndarray]], np.ndarray]

STEPS = 20
GUIDANCE = 2.0


def noise(seed: int, count: int) -> np.ndarray:
    """`count` standard normal float32 numbers: mulberry32, then Box-Muller in pairs. Easy to repeat in any language."""
    state = seed & 0xFFFFFFFF

    def uniform() -> float:
        nonlocal state
        state = (state + 0x6D2B79F5) & 0xFFFFFFFF
        t = ((state ^ (state >> 15)) * (state | 1)) & 0xFFFFFFFF
        t ^= (t + (((t ^ (t >> 7)) * (t | 61)) & 0xFFFFFFFF)) & 0xFFFFFFFF
        return ((t ^ (t >> 14)) & 0xFFFFFFFF) / 4294967296

    values = []
    while len(values) < count:
        radius, angle = np.sqrt(-2 * np.log(1 - uniform())), 2 * np.pi * uniform()
        values += [radius * np.cos(angle), radius * np.sin(angle)]
    return np.array(values[:count], np.float32)


def sigmas(steps: int = STEPS) -> np.ndarray:
    """Noise levels from 1 to 0, `steps + 1` numbers."""
    level = np.linspace(1, 1 / steps, steps)
    return np.append(2 * level / (1 + level), 0.0)


def sample(predict: Predict, digits: Sequence[int], seeds: Sequence[int], steps: int = STEPS) -> np.ndarray:
    """One 16 x 16 picture per digit, values about [-1, 1]; (n, 16, 16).

    Each model call holds every picture twice: first all without label, then all with their digit.
    """
    tokens, pooled = conditioning()
    count = len(digits)
    labels = np.array([NO_LABEL] * count + list(digits))
    fixed = {
        "encoder_hidden_states": tokens[labels],
        "pooled_projections": pooled[labels],
        "img_ids": image_ids(SIDE).numpy(),
        "txt_ids": np.zeros((TEXT, 3), np.float32),
    }
    x = np.stack([noise(seed, SIDE * SIDE) for seed in seeds])[..., None]
    levels = sigmas(steps)
    for level, following in zip(levels[:-1], levels[1:], strict=True):
        timestep = np.full(2 * count, level, np.float32)
        velocity = predict({"hidden_states": np.concatenate([x, x]), "timestep": timestep, **fixed})
        free, led = velocity[:count], velocity[count:]
        x = x + np.float32(following - level) * (free + np.float32(GUIDANCE) * (led - free))
    return x.reshape(count, SIDE, SIDE)
