"""Patches of HiDream, whose experts take as many tokens as the gate assigns to them."""

from __future__ import annotations

import torch
from diffusers.models.transformers import transformer_hidream_image as hidream

from .patch import DYNAMO, TORCHSCRIPT, Patch

_patchify = hidream.HiDreamImageTransformer2DModel.patchify
_rope = hidream.rope


def _experts(self: torch.nn.Module, x: torch.Tensor, chosen: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Every expert of all tokens x (T, D), weighted by 0 where the gate did not choose it: chosen and weights (T * k)."""
    own = chosen.view(x.shape[0], -1, 1) == torch.arange(len(self.experts))
    share = torch.where(own, weights.view(x.shape[0], -1, 1), 0.0).sum(1)
    return sum(expert(x) * share[:, at : at + 1] for at, expert in enumerate(self.experts))


def _with_numbers(self: torch.nn.Module, hidden_states: torch.Tensor) -> tuple[object, ...]:
    tokens, mask, _, ids = _patchify(self, hidden_states)
    batch, _, height, width = hidden_states.shape
    return tokens, mask, [(height // self.config.patch_size, width // self.config.patch_size)] * batch, ids


def _rope_of_doubles(pos: torch.Tensor, dim: int, theta: int) -> torch.Tensor:
    return _rope(pos.double(), dim, theta)


PATCHES = {
    "hidream_rope": Patch(
        "torch multiplies float and double in one einsum, ONNX does not; the positions are cast first.",
        (DYNAMO, TORCHSCRIPT),
        lambda: [(hidream, "rope", _rope_of_doubles)],
    ),
    "hidream_all_experts": Patch(
        "Shapes depend on the gate: an expert takes the tokens that are assigned to it. Here each takes all, and those of others count 0 times; the size of the "
        "picture stays a number.",
        (DYNAMO, TORCHSCRIPT),
        lambda: [
            (hidream.MOEFeedForwardSwiGLU, "moe_infer", _experts),
            (hidream.HiDreamImageTransformer2DModel, "patchify", _with_numbers),
        ],
    ),
}
