"""HunyuanVideo: video and text in two streams, then in one; a mask hides the padding of the text."""

from ..family import Family, Input

TOKENS = {"split_dim": 1, "expected_dims": 3}
TABLE = {"split_dim": 0, "expected_dims": 2, "split_output": True}

FAMILY = Family(
    name="hunyuan_video",
    model="HunyuanVideoTransformer3DModel",
    config=dict(
        in_channels=4,
        out_channels=4,
        num_attention_heads=2,
        attention_head_dim=8,
        num_layers=1,
        num_single_layers=1,
        num_refiner_layers=1,
        patch_size=2,
        patch_size_t=1,
        guidance_embeds=True,
        text_embed_dim=12,
        pooled_projection_dim=8,
        rope_axes_dim=(2, 2, 4),
    ),
    inputs={
        "hidden_states": Input(("batch", "in_channels", "frames", "height", "width")),
        "timestep": Input(("batch",), "uniform", options={"low": 100.0, "high": 900.0}),
        "encoder_hidden_states": Input(("batch", "txt", "text_embed_dim")),
        "encoder_attention_mask": Input(("batch", "txt"), "mask", "int64"),
        "pooled_projections": Input(("batch", "pooled_projection_dim")),
        "guidance": Input(("batch",), "uniform", options={"low": 1.0, "high": 5.0}),
    },
    outputs=("sample",),
    lengths={"batch": 2, "frames": 3, "height": 6, "width": 14, "txt": 20},
    dynamic=("batch", "frames", "height", "width", "txt"),
    patches=("rms_norm", "bool_masked_fill"),
    plan={
        "rope": {"0": TABLE, "1": TABLE},
        "transformer_blocks.0": {"hidden_states": TOKENS, "encoder_hidden_states": TOKENS},
        "proj_out": {"gather_dim": 1, "expected_dims": 3},
    },
)
