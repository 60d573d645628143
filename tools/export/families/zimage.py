"""Z-Image: a picture and a text, each a list of one, padded to multiples of 32 tokens; refined alone, then joined."""

from ..family import Family, Input

FAMILY = Family(
    name="zimage",
    model="ZImageTransformer2DModel",
    config=dict(
        in_channels=4,
        dim=32,
        n_layers=2,
        n_refiner_layers=1,
        n_heads=4,
        n_kv_heads=4,
        cap_feat_dim=12,
        axes_dims=[2, 2, 4],
        axes_lens=[128, 32, 32],
    ),
    inputs={
        "picture": Input(("in_channels", 1, 14, 10)),
        "t": Input(("batch",), "uniform", options={"low": 0.1, "high": 0.9}),
        "caption": Input(("txt", "cap_feat_dim")),
    },
    outputs=("sample",),
    lengths={"batch": 1, "txt": 13},
    dynamic=(),
    patches=("zimage_real_rope",),
    grouped={"x": ("picture",), "cap_feats": ("caption",)},
    plan={
        "all_x_embedder.2-1": {"0": {"split_dim": 0, "expected_dims": 2, "split_output": True}},
        "cap_embedder": {"0": {"split_dim": 0, "expected_dims": 2, "split_output": True}},
        "all_final_layer.2-1": {"gather_dim": 1, "expected_dims": 3},
    },
)
