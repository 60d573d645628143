"""Qwen-Image: two streams, a mask over the text, positions from picture sizes that are Python numbers.

The image length is therefore fixed in every export; text and batch may stay open.
"""

from ..family import Family, Input, Lengths


def pictures(lengths: Lengths) -> list[list[tuple[int, int, int]]]:
    """The pictures of each sample as (frames, rows, columns): the one to draw, and the reference if there is one."""
    drawn = (1, lengths["rows"], lengths["columns"])
    reference = (1, lengths["reference_rows"], lengths["reference_columns"])
    return [[drawn, reference] if reference[1] else [drawn] for _ in range(lengths["batch"])]


def cut_tables(model: object) -> None:
    """Keeps 256 of 4096 positions: the tables would be two thirds of a tiny model."""
    rope = model.pos_embed
    rope.pos_freqs, rope.neg_freqs = rope.pos_freqs[:256], rope.neg_freqs[-256:]


FAMILY = Family(
    name="qwenimage",
    model="QwenImageTransformer2DModel",
    config=dict(
        patch_size=2,
        in_channels=16,
        out_channels=4,
        num_layers=2,
        attention_head_dim=6,
        num_attention_heads=4,
        joint_attention_dim=24,
        axes_dims_rope=(2, 2, 2),
    ),
    inputs={
        "hidden_states": Input(("batch", "rows * columns + reference_rows * reference_columns", "in_channels")),
        "encoder_hidden_states": Input(("batch", "txt", "joint_attention_dim")),
        "encoder_hidden_states_mask": Input(("batch", "txt"), "mask", "int64"),
        "timestep": Input(("batch",), "uniform"),
    },
    outputs=("sample",),
    lengths={"batch": 1, "rows": 8, "columns": 12, "reference_rows": 0, "reference_columns": 0, "txt": 40},
    dynamic=("batch", "txt"),
    constants={"img_shapes": pictures},
    patches=("rms_norm", "qwen_real_rope", "qwen_text_length"),
    shrink=cut_tables,
)
