"""Makes a plain module look like a diffusers model to this tool: adds a config and a plan."""

from __future__ import annotations

from collections.abc import Mapping

import torch


class Net(torch.nn.Module):
    """A module that keeps the keyword arguments that it was made with."""

    def __init__(self, config: Mapping[str, object]) -> None:
        super().__init__()
        self.config = dict(config)

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> Net:
        return cls(**config)
