"""FLUX.1: text and image tokens in two streams, then in one, with rotary positions from ids."""

from ..family import Family, Input

FAMILY = Family(
    name="flux",
    model="FluxTransformer2DModel",
    config=dict(
        patch_size=1,
        in_channels=16,
        num_layers=2,
        num_single_layers=2,
        attention_head_dim=8,
        num_attention_heads=4,
        joint_attention_dim=24,
        pooled_projection_dim=20,
        guidance_embeds=False,
        axes_dims_rope=(2, 2, 4),
    ),
    inputs={
        "hidden_states": Input(("batch", "img", "in_channels")),
        "encoder_hidden_states": Input(("batch", "txt", "joint_attention_dim")),
        "pooled_projections": Input(("batch", "pooled_projection_dim")),
        "timestep": Input(("batch",), "uniform"),
        "img_ids": Input(("img", 3), "grid"),
        # Real prompts have zero ids; distinct ones make a misplaced text token visible.
        "txt_ids": Input(("txt", 3), "line"),
        "guidance": Input(("batch",), "uniform", when="guidance_embeds", options={"low": 1.0, "high": 5.0}),
    },
    outputs=("sample",),
    lengths={"batch": 1, "img": 96, "txt": 40},
    dynamic=("img", "txt"),
    patches=("rms_norm",),
)
