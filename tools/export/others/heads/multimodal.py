"""Models of pictures and texts, whole."""

from __future__ import annotations

from collections.abc import Mapping

from ...family import Family, Input
from ..shorthand import EAGER, MASK, ids

_TEXT = dict(
    vocab_size=40,
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=4,
    intermediate_size=48,
    max_position_embeddings=40,
)
_VISION = dict(
    hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48, image_size=24, patch_size=4
)
_CLIP = dict(text_config=dict(_TEXT, eos_token_id=39), vision_config=_VISION, projection_dim=16)
_PICTURE = Input(("batch", 3, 24, 24))
_BOTH = {"input_ids": ids(40), "pixel_values": _PICTURE, "attention_mask": MASK}


def _pair(
    name: str,
    model: str,
    outputs: tuple[str, ...],
    inputs: Mapping[str, Input] | None = None,
    dynamic: tuple[str, ...] = ("batch", "txt"),
    **config: object,
) -> Family:
    return Family(
        name=name,
        model=f"transformers.{model}",
        config=config,
        inputs=inputs or _BOTH,
        outputs=outputs,
        lengths={"batch": 2, "txt": 13, "img": 10},
        dynamic=dynamic,
    )


_SCORES = ("logits_per_image", "logits_per_text")

FAMILIES = (
    _pair("clip", "CLIPModel", _SCORES, **_CLIP),
    _pair(
        "altclip",
        "AltCLIPModel",
        _SCORES,
        text_config=dict(_TEXT, project_dim=16, pad_token_id=1),
        vision_config=_VISION,
        projection_dim=16,
    ),
    _pair("chinese_clip", "ChineseCLIPModel", _SCORES, text_config=_TEXT, vision_config=_VISION, projection_dim=16),
    _pair(
        "clip_text_projected",
        "CLIPTextModelWithProjection",
        ("text_embeds",),
        {"input_ids": ids(40), "attention_mask": MASK},
        **_TEXT,
        projection_dim=16,
        eos_token_id=39,
    ),
    _pair("siglip", "SiglipModel", _SCORES, text_config=dict(_TEXT, projection_size=32), vision_config=_VISION),
    _pair(
        "blip_text",
        "BlipTextModel",
        ("last_hidden_state",),
        {"input_ids": ids(40), "attention_mask": MASK},
        **_TEXT,
        is_decoder=False,
        **EAGER,
    ),
    _pair(
        "blip_match",
        "BlipForImageTextRetrieval",
        ("itm_score",),
        text_config=dict(_TEXT, encoder_hidden_size=32),
        vision_config=_VISION,
        image_text_hidden_size=16,
    ),
    _pair(
        "visual_bert",
        "VisualBertModel",
        ("last_hidden_state",),
        {
            "input_ids": ids(40),
            "attention_mask": MASK,
            "visual_embeds": Input(("batch", "img", 16)),
            "visual_attention_mask": Input(("batch", "img"), "mask", "float32"),
        },
        **_TEXT,
        visual_embedding_dim=16,
        **EAGER,
    ),
    _pair(
        "git",
        "GitForCausalLM",
        ("logits",),
        dynamic=("batch",),
        **_TEXT,
        vision_config=_VISION,
        use_cache=False,
        **EAGER,
    ),
    _pair(
        "flava_text", "FlavaTextModel", ("last_hidden_state",), {"input_ids": ids(40), "attention_mask": MASK}, **_TEXT
    ),
    _pair(
        "layoutlmv3_tokens",
        "LayoutLMv3ForTokenClassification",
        ("logits",),
        {
            "input_ids": ids(40),
            "bbox": Input(("batch", "txt", 4), "integers", "int64", options={"low": 1, "high": 2}),
            "attention_mask": MASK,
        },
        **_TEXT,
        visual_embed=False,
        coordinate_size=6,
        shape_size=4,
        max_2d_position_embeddings=16,
        has_relative_attention_bias=False,
        **EAGER,
    ),
    _pair(
        "qformer",
        "Blip2QFormerModel",
        ("last_hidden_state",),
        {"query_embeds": Input(("batch", 5, 32)), "encoder_hidden_states": Input(("batch", "img", 24))},
        dynamic=("batch", "img"),
        **_TEXT,
        encoder_hidden_size=24,
        cross_attention_frequency=1,
        **EAGER,
    ),
)
