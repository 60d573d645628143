"""FLUX.2: as FLUX.1, with modulation shared by all blocks, fused single-stream projections and batched ids."""

from ..family import Family, Input

FAMILY = Family(
    name="flux2",
    model="Flux2Transformer2DModel",
    config=dict(
        patch_size=1,
        in_channels=16,
        num_layers=2,
        num_single_layers=1,
        attention_head_dim=8,
        num_attention_heads=4,
        joint_attention_dim=24,
        timestep_guidance_channels=32,
        mlp_ratio=1.0,
        axes_dims_rope=(2, 2, 2, 2),
        guidance_embeds=True,
    ),
    inputs={
        "hidden_states": Input(("batch", "img", "in_channels")),
        "encoder_hidden_states": Input(("batch", "txt", "joint_attention_dim")),
        "timestep": Input(("batch",), "uniform"),
        "img_ids": Input(("batch", "img", 4), "grid", options={"last": 2}),
        "txt_ids": Input(("batch", "txt", 4), "line", options={"column": 3}),
        "guidance": Input(("batch",), "uniform", when="guidance_embeds", options={"low": 1.0, "high": 5.0}),
    },
    outputs=("sample",),
    lengths={"batch": 1, "img": 96, "txt": 40},
    dynamic=("batch", "img", "txt"),
    patches=("rms_norm",),
)
