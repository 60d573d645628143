"""Wan: video latents in patches, positions from the latents' shape, cross-attention over the whole text."""

from ..family import Family, Input

TOKENS = "frames * (height // 2) * (width // 2)"
CONFIG = dict(
    patch_size=(1, 2, 2),
    num_attention_heads=4,
    attention_head_dim=8,
    in_channels=4,
    out_channels=4,
    text_dim=24,
    freq_dim=32,
    ffn_dim=48,
    num_layers=2,
    rope_max_seq_len=32,
)
INPUTS = {
    "hidden_states": Input(("batch", "in_channels", "frames", "height", "width")),
    "timestep": Input(("batch",), "integers", "int64", options={"high": 1000}),
    "encoder_hidden_states": Input(("batch", "txt", "text_dim")),
    "encoder_hidden_states_image": Input(("batch", "clip", "image_dim"), when="image_dim"),
}

FAMILY = Family(
    name="wan",
    model="WanTransformer3DModel",
    config=CONFIG,
    inputs=INPUTS,
    outputs=("sample",),
    lengths={"batch": 1, "frames": 3, "height": 8, "width": 16, "txt": 40, "clip": 257},
    dynamic=("batch", "frames", "height", "width", "txt"),
    patches=("rms_norm",),
)
