"""Heads over models of sound, and series of numbers."""

from __future__ import annotations

from collections.abc import Mapping

from ...family import Family, Input
from ..shorthand import EAGER

_WAVE = dict(
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=4,
    intermediate_size=48,
    conv_dim=(8, 8, 8),
    conv_stride=(5, 2, 2),
    conv_kernel=(10, 3, 3),
    num_feat_extract_layers=3,
    num_conv_pos_embeddings=8,
    num_conv_pos_embedding_groups=2,
    vocab_size=20,
    classifier_proj_size=16,
)
_MASKED = {
    "input_values": Input(("batch", 720)),
    "attention_mask": Input(("batch", 720), "mask", "int64"),
}


def _sound(
    name: str,
    model: str,
    output: str = "logits",
    inputs: Mapping[str, Input] | None = None,
    base: Mapping[str, object] = _WAVE,
    **config: object,
) -> Family:
    return Family(
        name=name,
        model=f"transformers.{model}",
        config={**base, **config},
        inputs=inputs or {"input_values": Input(("batch", 720))},
        outputs=(output,),
        lengths={"batch": 2},
        dynamic=("batch",),
    )


FAMILIES = (
    _sound("wav2vec2_ctc", "Wav2Vec2ForCTC"),
    _sound("wav2vec2_ctc_masked", "Wav2Vec2ForCTC", inputs=_MASKED, feat_extract_norm="layer"),
    _sound("wav2vec2_classes", "Wav2Vec2ForSequenceClassification", use_weighted_layer_sum=True),
    _sound("wav2vec2_frames", "Wav2Vec2ForAudioFrameClassification"),
    _sound(
        "wav2vec2_xvector",
        "Wav2Vec2ForXVector",
        tdnn_dim=(16, 16, 16),
        tdnn_kernel=(3, 3, 1),
        tdnn_dilation=(1, 2, 1),
        xvector_output_dim=16,
    ),
    _sound("hubert_ctc", "HubertForCTC", **EAGER),
    _sound("hubert_classes", "HubertForSequenceClassification"),
    _sound("wavlm_classes", "WavLMForSequenceClassification", **EAGER),
    _sound(
        "ast_classes",
        "ASTForAudioClassification",
        base=dict(
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=48,
            max_length=40,
            num_mel_bins=16,
            patch_size=4,
            frequency_stride=4,
            time_stride=4,
        ),
        inputs={"input_values": Input(("batch", 40, 16))},
    ),
    _sound(
        "whisper_classes",
        "WhisperForAudioClassification",
        base=dict(
            d_model=32,
            encoder_layers=2,
            encoder_attention_heads=4,
            encoder_ffn_dim=48,
            num_mel_bins=8,
            max_source_positions=35,
            vocab_size=40,
            pad_token_id=0,
            classifier_proj_size=16,
        ),
        inputs={"input_features": Input(("batch", 8, 70))},
    ),
    _sound(
        "clap_audio",
        "ClapAudioModel",
        "last_hidden_state",
        base=dict(
            spec_size=64,
            num_mel_bins=16,
            patch_size=4,
            patch_stride=[4, 4],
            window_size=4,
            patch_embeds_hidden_size=8,
            depths=[1, 1],
            num_attention_heads=[2, 4],
            hidden_size=16,
            num_classes=5,
            projection_dim=8,
        ),
        inputs={"input_features": Input(("batch", 1, 256, 16))},
        **EAGER,
    ),
    _sound(
        "patchtst",
        "PatchTSTForPrediction",
        "prediction_outputs",
        base=dict(
            num_input_channels=2,
            context_length=32,
            patch_length=4,
            patch_stride=4,
            d_model=32,
            num_attention_heads=4,
            num_hidden_layers=2,
            ffn_dim=48,
            prediction_length=8,
            loss="mse",
        ),
        inputs={"past_values": Input(("batch", 32, 2))},
        **EAGER,
    ),
)
