"""A U-Net with channels-first attention: a convolution of one element makes queries, keys and values, Einsum the rest."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from .net import Net


class Attention(nn.Module):
    def __init__(self, channels: int, heads: int, size: int) -> None:
        super().__init__()
        self.heads, self.size = heads, size
        self.norm = nn.GroupNorm(2, channels)
        self.to_qkv = nn.Conv2d(channels, 3 * heads * size, 1, bias=False)
        self.to_out = nn.Conv2d(heads * size, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, _, height, width = x.shape
        parts = self.to_qkv(self.norm(x)).chunk(3, 1)
        query, key, value = (p.reshape(batch, self.heads, self.size, height * width) for p in parts)
        scores = torch.einsum("bhdi,bhdj->bhij", query * self.size**-0.5, key)
        out = torch.einsum("bhij,bhdj->bhid", scores.softmax(-1), value)
        return x + self.to_out(out.transpose(2, 3).reshape(batch, self.heads * self.size, height, width))


class ResBlock(nn.Module):
    def __init__(self, channels: int, out_channels: int, time_size: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(2, channels)
        self.conv1 = nn.Conv2d(channels, out_channels, 3, padding=1)
        self.time = nn.Linear(time_size, out_channels)
        self.norm2 = nn.GroupNorm(2, out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.skip = nn.Conv2d(channels, out_channels, 1)

    def forward(self, x: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        y = self.conv1(functional.silu(self.norm1(x))) + self.time(time)[:, :, None, None]
        return self.conv2(functional.silu(self.norm2(y))) + self.skip(x)


class UNet(Net):
    def __init__(self, channels: int, heads: int, size: int, time_size: int) -> None:
        super().__init__(dict(channels=channels, heads=heads, size=size, time_size=time_size))
        wide = 2 * channels
        self.time = nn.Linear(1, time_size)
        self.conv_in = nn.Conv2d(3, channels, 3, padding=1)
        self.down = ResBlock(channels, channels, time_size)
        self.down_attn = Attention(channels, heads, size)
        self.downsample = nn.Conv2d(channels, wide, 3, stride=2, padding=1)
        self.mid = ResBlock(wide, wide, time_size)
        self.mid_attn = Attention(wide, heads, size)
        self.up = ResBlock(wide + channels, channels, time_size)
        self.up_attn = Attention(channels, heads, size)
        self.conv_out = nn.Conv2d(channels, 3, 3, padding=1)

    def forward(self, sample: torch.Tensor, timestep: torch.Tensor, return_dict: bool = False) -> tuple[torch.Tensor]:
        time = functional.silu(self.time(timestep[:, None]))
        x = self.down_attn(self.down(self.conv_in(sample), time))
        y = self.mid_attn(self.mid(self.downsample(x), time))
        y = functional.interpolate(y, scale_factor=2.0, mode="nearest")
        y = self.up_attn(self.up(torch.cat([y, x], 1), time))
        return (self.conv_out(y),)
