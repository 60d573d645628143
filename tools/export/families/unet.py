"""A U-Net: only its attention is split, by rows of the picture, after the norm that needs all of them."""

from ..family import Family, Input

ROWS = {"split_dim": 2, "expected_dims": 4}
GATHER = {"gather_dim": 2, "expected_dims": 4}

FAMILY = Family(
    name="unet",
    model="nets.unet.UNet",
    config=dict(channels=8, heads=4, size=4, time_size=8),
    inputs={"sample": Input(("batch", 3, "height", "width")), "timestep": Input(("batch",), "uniform")},
    outputs=("denoised",),
    lengths={"batch": 2, "height": 14, "width": 12},
    dynamic=("batch",),
    plan={
        f"{module}.{part}": entry
        for module in ("down_attn", "mid_attn", "up_attn")
        for part, entry in (("to_qkv", {"input": ROWS}), ("to_out", GATHER))
    },
)
