"""Vision models of transformers."""

from __future__ import annotations

from ..family import Family, Input
from .shorthand import EAGER

_VIT = dict(
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=4,
    intermediate_size=48,
    image_size=24,
    patch_size=4,
)
_PYRAMID = dict(
    hidden_sizes=[8, 16, 16, 16], depths=[1, 1, 1, 1], num_attention_heads=[1, 2, 2, 2], num_encoder_blocks=4
)
_LENGTHS = {"batch": 2}
_PIXELS = {"pixel_values": Input(("batch", 3, 24, 24))}


def _vision(name: str, model: str, **config: object) -> Family:
    return Family(
        name=name,
        model=f"transformers.{model}",
        config={**_VIT, **config},
        inputs=_PIXELS,
        outputs=("last_hidden_state",),
        lengths=_LENGTHS,
        dynamic=("batch",),
    )


FAMILIES = (
    _vision("vit_hf", "ViTModel"),
    _vision("vit_eager", "ViTModel", **EAGER),
    _vision("deit", "DeiTModel"),
    _vision("beit", "BeitModel"),
    _vision("beit_relative", "BeitModel", use_relative_position_bias=True),
    _vision("dinov2", "Dinov2Model"),
    _vision("dinov3", "DINOv3ViTModel", num_register_tokens=2),
    _vision("clip_vision", "CLIPVisionModel"),
    _vision("siglip_vision", "SiglipVisionModel"),
    _vision("ijepa", "IJepaModel"),
    _vision("vit_mae", "ViTMSNModel"),
    _vision("yolos", "YolosModel", image_size=[24, 24], num_detection_tokens=5),
    *(
        Family(
            name=name,
            model=f"transformers.{model}",
            config=config,
            inputs={"pixel_values": Input(("batch", 3, 96, 64))},
            outputs=("last_hidden_state",),
            lengths=_LENGTHS,
            dynamic=("batch",),
        )
        for name, model, config in (
            ("segformer", "SegformerModel", _PYRAMID),
            ("pvt_v2", "PvtV2Model", {**_PYRAMID, **EAGER}),
            ("swin", "SwinModel", dict(image_size=[96, 64], embed_dim=8, depths=[2, 2], num_heads=[2, 4], window_size=3)),
        )
    ),
    _vision("vitdet", "VitDetModel", pretrain_image_size=24, use_absolute_position_embeddings=True, **EAGER),
)
