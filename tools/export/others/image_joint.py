"""Image models of diffusers whose image tokens are packed by the caller."""

from __future__ import annotations

from ..family import Family, Input
from .shorthand import LEVEL, text, tokens

GRID = Input(("img", 3), "grid")
LINE = Input(("txt", 3), "line")
_FLUX = dict(num_layers=1, num_single_layers=2, attention_head_dim=8, num_attention_heads=4, axes_dims_rope=(2, 2, 4))
_PACKED = {
    "hidden_states": tokens("in_channels"),
    "encoder_hidden_states": text("joint_attention_dim"),
    "timestep": LEVEL,
    "img_ids": GRID,
    "txt_ids": LINE,
}
_LENGTHS = {"batch": 2, "img": 35, "txt": 13}
_OPEN = ("batch", "img", "txt")

FAMILIES = (
    Family(
        name="bria",
        model="BriaTransformer2DModel",
        config=dict(_FLUX, in_channels=16, joint_attention_dim=12),
        inputs=_PACKED,
        outputs=("sample",),
        lengths=_LENGTHS,
        dynamic=_OPEN,
    ),
    Family(
        name="bria_fibo",
        model="BriaFiboTransformer2DModel",
        config=dict(_FLUX, in_channels=16, joint_attention_dim=12, text_encoder_dim=10),
        inputs={**_PACKED, **{f"text_layer_{i}": text("text_encoder_dim") for i in range(3)}},
        outputs=("sample",),
        lengths=_LENGTHS,
        dynamic=_OPEN,
        grouped={"text_encoder_layers": tuple(f"text_layer_{i}" for i in range(3))},
    ),
    Family(
        name="longcat_image",
        model="LongCatImageTransformer2DModel",
        config=dict(_FLUX, in_channels=16, joint_attention_dim=12, pooled_projection_dim=12),
        inputs=_PACKED,
        outputs=("sample",),
        lengths=_LENGTHS,
        dynamic=_OPEN,
    ),
    Family(
        name="ovis_image",
        model="OvisImageTransformer2DModel",
        config=dict(_FLUX, in_channels=16, out_channels=16, joint_attention_dim=12),
        inputs=_PACKED,
        outputs=("sample",),
        lengths=_LENGTHS,
        dynamic=_OPEN,
    ),
    Family(
        name="flux3",
        model="Flux3Transformer2DModel",
        config=dict(
            _FLUX,
            in_channels=16,
            cond_in_channels=16,
            joint_attention_dim=12,
            timestep_channels=16,
            axes_dims_rope=(2, 2, 2, 2),
        ),
        inputs={
            **_PACKED,
            "img_ids": Input(("img", 4), "grid"),
            "txt_ids": Input(("txt", 4), "line"),
        },
        outputs=("sample",),
        lengths=_LENGTHS,
        dynamic=_OPEN,
    ),
    Family(
        name="krea2",
        model="Krea2Transformer2DModel",
        config=dict(
            in_channels=16,
            num_layers=2,
            attention_head_dim=8,
            num_attention_heads=4,
            num_key_value_heads=2,
            intermediate_size=48,
            timestep_embed_dim=16,
            text_hidden_dim=16,
            num_text_layers=2,
            text_num_attention_heads=2,
            text_num_key_value_heads=2,
            text_intermediate_size=24,
            num_layerwise_text_blocks=1,
            num_refiner_text_blocks=1,
            axes_dims_rope=(2, 2, 4),
        ),
        inputs={
            "hidden_states": tokens("in_channels"),
            "encoder_hidden_states": Input(("batch", "txt", "num_text_layers", "text_hidden_dim")),
            "timestep": LEVEL,
            "position_ids": Input(("txt + img", 3), "line"),
        },
        outputs=("sample",),
        lengths=_LENGTHS,
        dynamic=_OPEN,
    ),
    Family(
        name="ideogram4",
        model="Ideogram4Transformer2DModel",
        config=dict(
            in_channels=16,
            num_layers=2,
            attention_head_dim=8,
            num_attention_heads=4,
            intermediate_size=48,
            adaln_dim=16,
            llm_features_dim=12,
            mrope_section=(2, 1, 1),
        ),
        inputs={
            "hidden_states": Input(("batch", "img", "in_channels")),
            "timestep": LEVEL,
            "encoder_hidden_states": Input(("batch", "img", "llm_features_dim")),
            "position_ids": Input(("batch", "img", 3), "integers", "int64", options={"high": 20}),
            "segment_ids": Input(("batch", "img"), "integers", "int64", options={"low": 0, "high": 2}),
            "indicator": Input(("batch", "img"), "integers", "int64", options={"low": 2, "high": 4}),
        },
        outputs=("sample",),
        lengths=_LENGTHS,
        dynamic=("batch", "img"),
    ),
)
