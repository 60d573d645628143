"""The models that `npm run bench` measures, as diffusers configures them."""

FLUX = dict(
    in_channels=64,
    num_layers=2,
    num_single_layers=4,
    attention_head_dim=64,
    num_attention_heads=16,
    joint_attention_dim=512,
    pooled_projection_dim=256,
    axes_dims_rope=(8, 28, 28),
)
WAN = dict(
    in_channels=16,
    out_channels=16,
    num_attention_heads=8,
    attention_head_dim=64,
    text_dim=256,
    freq_dim=128,
    ffn_dim=2048,
    num_layers=4,
)
