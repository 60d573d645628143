"""A text encoder with grouped heads and a mask that it computes from token positions and padding."""

from ..family import Family, Input

FAMILY = Family(
    name="text_encoder",
    model="nets.text_encoder.TextEncoder",
    config=dict(vocabulary=40, width=32, heads=4, key_heads=2, layers=2, softcap=2.0),
    inputs={
        "input_ids": Input(("batch", "txt"), "integers", "int64", options={"high": "vocabulary"}),
        "attention_mask": Input(("batch", "txt"), "mask", "int64"),
    },
    outputs=("last_hidden_state",),
    lengths={"batch": 2, "txt": 40},
    dynamic=("batch", "txt"),
    plan={
        "layers.0": {"hidden_states": {"split_dim": 1, "expected_dims": 3}},
        "norm": {"gather_dim": 1, "expected_dims": 3},
    },
)
