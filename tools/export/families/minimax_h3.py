"""MiniMax-H3: text, audio and video rows in one packed sequence, each row addressed by index inputs."""

from ..family import Family, Input

ROWS = "txt + audio + img"
# The packed sequence holds the text, then the audio, then the video.
ORDER = ("txt", "txt + audio")


def _segments(*values: int) -> Input:
    """One value for each modality's rows, in the packed order."""
    return Input((ROWS,), "segments", "int64", options={"bounds": ORDER, "values": values})


def _rows(length: str, first: int | str) -> Input:
    """Where a modality's rows stand in the packed sequence."""
    return Input((length,), "count", "int64", options={"first": first})


FAMILY = Family(
    name="minimax_h3",
    model="MiniMaxH3Transformer3DModel",
    config=dict(
        num_attention_heads=4,
        attention_head_dim=8,
        # Six modulation parameters of 16 make a feature axis of 96, beside a video of 96 rows.
        hidden_size=16,
        num_layers=2,
        num_refiner_layers=2,
        ffn_dim=24,
        in_channels=2,
        audio_in_channels=6,
        text_dim=20,
        freq_dim=32,
        time_embed_hidden_dim=24,
        time_embed_dim=16,
        rope_freq_dim=1,
    ),
    inputs={
        "hidden_states": Input(("batch", "img", "in_channels * 4")),
        "audio_hidden_states": Input(("batch", "audio", "audio_in_channels")),
        "encoder_hidden_states": Input(("batch", "txt", "text_dim")),
        "timestep": Input((3,), "uniform"),
        "timestep_indices": _segments(0, 1, 2),
        "token_tags": _segments(1, 2, 0),
        "position_ids": Input((ROWS, 3), "grid"),
        "video_indices": _rows("img", "txt + audio"),
        "audio_indices": _rows("audio", "txt"),
        "text_indices": _rows("txt", 0),
    },
    outputs=("sample", "audio_sample"),
    lengths={"batch": 1, "img": 96, "audio": 30, "txt": 40},
    dynamic=("batch", "img", "audio", "txt"),
    patches=("rms_norm",),
)
