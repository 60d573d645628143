"""Heads over models of pictures: classes, depth, classes of pixels, other pictures."""

from __future__ import annotations

from collections.abc import Mapping

from ...family import Axis, Family, Input
from ..shorthand import EAGER

_VIT = dict(
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=4,
    intermediate_size=48,
    image_size=24,
    patch_size=4,
)
_PYRAMID = dict(
    hidden_sizes=[8, 16, 16, 32],
    depths=[1, 1, 1, 1],
    num_attention_heads=[1, 2, 2, 4],
    decoder_hidden_size=16,
)
_LOGITS = "logits"
_DEPTH = "predicted_depth"


def _image(
    name: str,
    model: str,
    output: str = _LOGITS,
    shape: tuple[Axis, ...] = (3, 24, 24),
    base: Mapping[str, object] = _VIT,
    **config: object,
) -> Family:
    return Family(
        name=name,
        model=f"transformers.{model}",
        config={**base, **config},
        inputs={"pixel_values": Input(("batch", *shape))},
        outputs=(output,),
        lengths={"batch": 2},
        dynamic=("batch",),
    )


_DINO = dict(_VIT, model_type="dinov2", out_indices=[1, 2], apply_layernorm=False, reshape_hidden_states=False)

FAMILIES = (
    _image("vit_classes", "ViTForImageClassification"),
    _image("vit_pixels", "ViTForMaskedImageModeling", encoder_stride=4),
    _image("deit_classes", "DeiTForImageClassificationWithTeacher"),
    _image(
        "beit_pixels",
        "BeitForSemanticSegmentation",
        num_hidden_layers=4,
        out_indices=[1, 2, 3, 4],
        use_auxiliary_head=False,
        pool_scales=[1, 2],
        **EAGER,
    ),
    _image("beit_classes", "BeitForImageClassification"),
    _image("dinov2_classes", "Dinov2ForImageClassification"),
    _image(
        "siglip_classes",
        "SiglipForImageClassification",
        base={},
        vision_config=_VIT,
        text_config=dict(
            vocab_size=40, hidden_size=32, num_hidden_layers=1, num_attention_heads=4, intermediate_size=48
        ),
    ),
    _image(
        "swin_classes",
        "SwinForImageClassification",
        shape=(3, 48, 48),
        base={},
        image_size=48,
        embed_dim=8,
        depths=[1, 2],
        num_heads=[2, 4],
        window_size=3,
    ),
    _image(
        "swinv2",
        "Swinv2Model",
        "last_hidden_state",
        shape=(3, 48, 48),
        base={},
        image_size=48,
        embed_dim=8,
        depths=[1, 2],
        num_heads=[2, 4],
        window_size=3,
        **EAGER,
    ),
    _image(
        "donut_swin",
        "DonutSwinModel",
        "last_hidden_state",
        shape=(3, 48, 48),
        base={},
        image_size=48,
        embed_dim=8,
        depths=[1, 2],
        num_heads=[2, 4],
        window_size=3,
        **EAGER,
    ),
    _image("segformer_pixels", "SegformerForSemanticSegmentation", shape=(3, 64, 64), base=_PYRAMID),
    _image("glpn_depth", "GLPNForDepthEstimation", _DEPTH, shape=(3, 64, 64), base=_PYRAMID),
    _image(
        "dpt_depth",
        "DPTForDepthEstimation",
        _DEPTH,
        num_hidden_layers=4,
        backbone_out_indices=[0, 1, 2, 3],
        neck_hidden_sizes=[8, 8, 16, 16],
        fusion_hidden_size=16,
        reassemble_factors=[4, 2, 1, 0.5],
        readout_type="project",
        is_hybrid=False,
    ),
    _image(
        "depth_anything",
        "DepthAnythingForDepthEstimation",
        _DEPTH,
        base=dict(
            backbone_config=_DINO,
            reassemble_hidden_size=32,
            neck_hidden_sizes=[8, 16],
            fusion_hidden_size=16,
            head_hidden_size=8,
            reassemble_factors=[1, 0.5],
            patch_size=4,
        ),
    ),
    _image(
        "upernet",
        "UperNetForSemanticSegmentation",
        shape=(3, 64, 64),
        base=dict(
            backbone_config=dict(
                model_type="swin",
                image_size=64,
                embed_dim=8,
                depths=[1, 1, 1, 1],
                num_heads=[1, 2, 2, 4],
                window_size=2,
                out_features=["stage1", "stage2", "stage3", "stage4"],
            ),
            hidden_size=16,
            pool_scales=[1, 2],
            use_auxiliary_head=False,
        ),
    ),
    _image(
        "levit",
        "LevitForImageClassification",
        shape=(3, 64, 64),
        base=dict(
            image_size=64,
            hidden_sizes=[16, 24, 32],
            num_attention_heads=[2, 2, 4],
            depths=[1, 1, 1],
            key_dim=[8, 8, 8],
            down_ops=[["Subsample", 8, 2, 2, 2, 2], ["Subsample", 8, 3, 2, 2, 2], [""]],
        ),
    ),
    _image(
        "swin2sr",
        "Swin2SRForImageSuperResolution",
        "reconstruction",
        shape=(3, 16, 16),
        base=dict(image_size=16, patch_size=1, embed_dim=8, depths=[1], num_heads=[2], window_size=4, upscale=2),
        **EAGER,
    ),
    _image(
        "pvt_classes",
        "PvtForImageClassification",
        shape=(3, 64, 64),
        base=dict(
            image_size=64,
            hidden_sizes=[8, 16, 16, 16],
            depths=[1, 1, 1, 1],
            num_attention_heads=[1, 2, 2, 2],
            sequence_reduction_ratios=[4, 2, 2, 1],
        ),
    ),
    _image("timesformer_classes", "TimesformerForVideoClassification", shape=(4, 3, 24, 24), num_frames=4),
    _image("vivit_classes", "VivitForVideoClassification", shape=(4, 3, 24, 24), num_frames=4, tubelet_size=[2, 4, 4]),
    _image("videomae_classes", "VideoMAEForVideoClassification", shape=(4, 3, 24, 24), num_frames=4),
)
