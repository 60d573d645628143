"""A vision transformer: 256 patches and a class token, so that no number of ranks divides the tokens."""

from ..family import Family, Input

FAMILY = Family(
    name="vit",
    model="nets.vit.VisionTransformer",
    config=dict(image=32, patch=2, width=24, heads=3, layers=2, classes=5),
    inputs={"pixel_values": Input(("batch", 3, "image", "image"))},
    outputs=("logits",),
    lengths={"batch": 2},
    dynamic=("batch",),
    plan={"blocks.0": {"x": {"split_dim": 1, "expected_dims": 3}}, "norm": {"gather_dim": 1, "expected_dims": 3}},
)
