"""Detection and segmentation: queries that attend to the pixels of one or several grids."""

from __future__ import annotations

from collections.abc import Mapping

from ...family import Family, Input
from ..shorthand import EAGER

_RESNET = dict(
    model_type="resnet",
    embedding_size=8,
    hidden_sizes=[8, 16, 16, 32],
    depths=[1, 1, 1, 1],
    layer_type="basic",
    out_features=["stage2", "stage3", "stage4"],
)
_DETR = dict(
    d_model=32,
    encoder_layers=2,
    decoder_layers=2,
    encoder_attention_heads=4,
    decoder_attention_heads=4,
    encoder_ffn_dim=48,
    decoder_ffn_dim=48,
    num_queries=7,
    num_labels=5,
    use_timm_backbone=False,
    use_pretrained_backbone=False,
    backbone=None,
    backbone_config=dict(_RESNET, out_features=["stage4"]),
)


def _detector(
    name: str,
    model: str,
    outputs: tuple[str, ...] = ("logits", "pred_boxes"),
    base: Mapping[str, object] = _DETR,
    side: int = 64,
    **config: object,
) -> Family:
    return Family(
        name=name,
        model=f"transformers.{model}",
        config={**base, **config},
        inputs={"pixel_values": Input(("batch", 3, side, side))},
        outputs=outputs,
        lengths={"batch": 2},
        dynamic=("batch",),
    )


_SWIN = dict(
    model_type="swin",
    image_size=64,
    embed_dim=8,
    depths=[1, 1, 1, 1],
    num_heads=[1, 2, 2, 4],
    window_size=2,
    out_features=["stage1", "stage2", "stage3", "stage4"],
)
_MASKS = ("class_queries_logits", "masks_queries_logits")

FAMILIES = (
    _detector("detr", "DetrForObjectDetection", side=160, **EAGER),
    _detector("conditional_detr", "ConditionalDetrForObjectDetection", side=160, **EAGER),
    _detector("table_transformer", "TableTransformerForObjectDetection", side=160),
    _detector(
        "deformable_detr",
        "DeformableDetrForObjectDetection",
        backbone_config=_RESNET,
        num_feature_levels=3,
        encoder_n_points=2,
        decoder_n_points=2,
        **EAGER,
    ),
    _detector(
        "yolos_boxes",
        "YolosForObjectDetection",
        base=dict(
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=48,
            image_size=[24, 24],
            patch_size=4,
            num_detection_tokens=5,
        ),
        side=24,
    ),
    _detector(
        "mask2former",
        "Mask2FormerForUniversalSegmentation",
        _MASKS,
        base=dict(
            backbone_config=_SWIN,
            feature_size=32,
            mask_feature_size=32,
            hidden_dim=32,
            encoder_feedforward_dim=32,
            encoder_layers=1,
            decoder_layers=2,
            num_attention_heads=4,
            dim_feedforward=32,
            num_queries=7,
        ),
        **EAGER,
    ),
    _detector(
        "maskformer",
        "MaskFormerForInstanceSegmentation",
        _MASKS,
        base=dict(
            backbone_config=_SWIN,
            fpn_feature_size=32,
            mask_feature_size=16,
            decoder_config=dict(_DETR, model_type="detr"),
        ),
        **EAGER,
    ),
)
