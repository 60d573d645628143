"""LTX-Video: masked text that is split too, rotary tables over all heads, coordinates for each token."""

from ..family import Family, Input

INPUTS = {
    "hidden_states": Input(("batch", "img", "in_channels")),
    "encoder_hidden_states": Input(("batch", "txt", "caption_channels")),
    "timestep": Input(("batch",), "integers", "int64", options={"high": 1000}),
    "encoder_attention_mask": Input(("batch", "txt"), "mask", "int64"),
}

FAMILY = Family(
    name="ltx",
    model="LTXVideoTransformer3DModel",
    config=dict(
        in_channels=8,
        out_channels=8,
        num_attention_heads=4,
        attention_head_dim=8,
        cross_attention_dim=32,
        num_layers=2,
        caption_channels=24,
    ),
    inputs={**INPUTS, "video_coords": Input(("batch", 3, "img"), "video")},
    outputs=("sample",),
    lengths={"batch": 1, "img": 96, "txt": 40},
    # The text is given its shape by the batch and a -1, which dynamo cannot undo when both are open.
    dynamic=("img", "txt"),
    patches=("rms_norm", "repeat_last_axis"),
)
