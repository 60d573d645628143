"""LTX-2: video and audio streams that attend to their own texts and to each other; only the video is split."""

from ..family import Family, Input
from ..plan_json import Plan


def with_cross_attention(plan: Plan) -> Plan:
    """The shipped plan leaves out the video's positions in the attention between video and audio."""
    return {**plan, "cross_attn_rope": plan["rope"]}


FAMILY = Family(
    name="ltx2",
    model="LTX2VideoTransformer3DModel",
    config=dict(
        in_channels=8,
        out_channels=8,
        num_attention_heads=4,
        attention_head_dim=6,
        cross_attention_dim=24,
        audio_in_channels=6,
        audio_out_channels=6,
        audio_num_attention_heads=4,
        audio_attention_head_dim=4,
        audio_cross_attention_dim=16,
        num_layers=2,
        caption_channels=20,
        # The default of 10000 makes angles so large that their rounding, not the model, decides the output.
        rope_theta=100.0,
    ),
    inputs={
        "hidden_states": Input(("batch", "img", "in_channels")),
        "audio_hidden_states": Input(("batch", "audio", "audio_in_channels")),
        "encoder_hidden_states": Input(("batch", "txt", "caption_channels")),
        "audio_encoder_hidden_states": Input(("batch", "txt", "caption_channels")),
        "timestep": Input(("batch",), "uniform", options={"low": 100.0, "high": 900.0}),
        "encoder_attention_mask": Input(("batch", "txt"), "mask", "int64"),
        "audio_encoder_attention_mask": Input(("batch", "txt"), "mask", "int64"),
        "video_coords": Input(("batch", 3, "img", 2), "video_bounds"),
        "audio_coords": Input(("batch", 1, "audio", 2), "audio_bounds"),
    },
    outputs=("sample", "audio_sample"),
    lengths={"batch": 1, "img": 96, "audio": 30, "txt": 40},
    # As in LTX, the batch must be fixed.
    dynamic=("img", "audio", "txt"),
    patches=("rms_norm", "repeat_last_axis", "squeeze_of_more", "ltx2_split_rope"),
    complete_plan=with_cross_attention,
)
