"""A text encoder as decoders are built: grouped heads, rotary positions, capped scores, a causal mask with padding."""

from __future__ import annotations

import torch
from torch import nn

from .net import Net


class RMSNorm(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.weight * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6)


class RotaryEmbedding(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.register_buffer("frequencies", 100 ** -(torch.arange(0, size, 2) / size), persistent=False)

    def forward(self, positions: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        angles = positions[:, None].float() * self.frequencies[None]
        angles = torch.cat([angles, angles], -1)
        return angles.cos(), angles.sin()


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat([-second, first], -1) * sin


def repeat_heads(x: torch.Tensor, times: int) -> torch.Tensor:
    batch, heads, tokens, size = x.shape
    return x[:, :, None].expand(batch, heads, times, tokens, size).reshape(batch, heads * times, tokens, size)


class Attention(nn.Module):
    def __init__(self, width: int, heads: int, key_heads: int, softcap: float) -> None:
        super().__init__()
        self.size, self.groups, self.softcap = width // heads, heads // key_heads, softcap
        self.q_proj = nn.Linear(width, width, bias=False)
        self.k_proj = nn.Linear(width, key_heads * self.size, bias=False)
        self.v_proj = nn.Linear(width, key_heads * self.size, bias=False)
        self.o_proj = nn.Linear(width, width, bias=False)

    def forward(self, x: torch.Tensor, mask: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
        batch, tokens, width = x.shape
        parts = (self.q_proj(x), self.k_proj(x), self.v_proj(x))
        query, key, value = (p.view(batch, tokens, -1, self.size).transpose(1, 2) for p in parts)
        query, key = rotate(query, cos, sin), rotate(key, cos, sin)
        scores = query @ repeat_heads(key, self.groups).transpose(2, 3) * self.size**-0.5
        scores = torch.tanh(scores / self.softcap) * self.softcap
        weights = torch.softmax(scores + mask, -1)
        x = weights @ repeat_heads(value, self.groups)
        return self.o_proj(x.transpose(1, 2).reshape(batch, tokens, width))


class Layer(nn.Module):
    def __init__(self, width: int, heads: int, key_heads: int, softcap: float) -> None:
        super().__init__()
        self.input_layernorm = RMSNorm(width)
        self.self_attn = Attention(width, heads, key_heads, softcap)
        self.post_attention_layernorm = RMSNorm(width)
        self.gate_proj = nn.Linear(width, 2 * width, bias=False)
        self.up_proj = nn.Linear(width, 2 * width, bias=False)
        self.down_proj = nn.Linear(2 * width, width, bias=False)

    def forward(
        self, hidden_states: torch.Tensor, mask: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor
    ) -> torch.Tensor:
        x = hidden_states + self.self_attn(self.input_layernorm(hidden_states), mask, cos, sin)
        y = self.post_attention_layernorm(x)
        return x + self.down_proj(nn.functional.silu(self.gate_proj(y)) * self.up_proj(y))


class TextEncoder(Net):
    def __init__(self, vocabulary: int, width: int, heads: int, key_heads: int, layers: int, softcap: float) -> None:
        super().__init__(
            dict(vocabulary=vocabulary, width=width, heads=heads, key_heads=key_heads, layers=layers, softcap=softcap)
        )
        self.embed_tokens = nn.Embedding(vocabulary, width)
        self.rotary_emb = RotaryEmbedding(width // heads)
        self.layers = nn.ModuleList(Layer(width, heads, key_heads, softcap) for _ in range(layers))
        self.norm = RMSNorm(width)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, return_dict: bool = False
    ) -> tuple[torch.Tensor]:
        x = self.embed_tokens(input_ids)
        positions = torch.arange(input_ids.shape[1])
        seen = (positions[None] <= positions[:, None])[None, None] & attention_mask[:, None, None].bool()
        mask = torch.where(seen, 0.0, -3.4e38)
        cos, sin = self.rotary_emb(positions)
        for layer in self.layers:
            x = layer(x, mask, cos, sin)
        return (self.norm(x),)
