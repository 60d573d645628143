"""A transformer of one's own as ONNX, for own-model.mjs: python examples/own-model.py own.onnx (needs torch, onnx, onnxscript)."""

import sys

import torch


class Block(torch.nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = torch.nn.LayerNorm(width)
        self.qkv = torch.nn.Linear(width, 3 * width)
        self.out = torch.nn.Linear(width, width)
        layers = torch.nn.Linear(width, 4 * width), torch.nn.GELU(), torch.nn.Linear(4 * width, width)
        self.mlp = torch.nn.Sequential(*layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in self.qkv(self.norm(x)).chunk(3, -1))
        x = x + self.out(torch.nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        return x + self.mlp(x)


class Transformer(torch.nn.Module):
    def __init__(self, channels: int = 4, width: int = 32, heads: int = 4, layers: int = 2) -> None:
        super().__init__()
        self.embed = torch.nn.Linear(channels, width)
        self.blocks = torch.nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.head = torch.nn.Linear(width, channels)

    def forward(self, latents: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
        x = self.embed(latents) + timestep[:, None, None]
        for block in self.blocks:
            x = block(x)
        return self.head(x)


torch.manual_seed(0)
example = {"latents": torch.randn(1, 24, 4), "timestep": torch.rand(1)}
# Named dimensions stay open: one program serves every length. The exporter keeps the names of modules, which a plan needs.
axes = {"latents": {1: torch.export.Dim("tokens", min=2)}, "timestep": {}}
options = {"dynamic_shapes": axes, "output_names": ["velocity"], "opset_version": 18, "dynamo": True, "verbose": False}
program = torch.onnx.export(Transformer().eval(), kwargs=example, **options)
program.save(sys.argv[1])
