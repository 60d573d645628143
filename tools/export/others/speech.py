"""Speech models of transformers."""

from __future__ import annotations

from ..family import Family, Input
from .shorthand import EAGER

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
)
_SOUND = {"input_values": Input(("batch", 720))}
_LENGTHS = {"batch": 2}

FAMILIES = (
    *(
        Family(
            name=name,
            model=f"transformers.{model}",
            config={**_WAVE, **config},
            inputs=_SOUND,
            outputs=("last_hidden_state",),
            lengths=_LENGTHS,
            dynamic=("batch",),
        )
        for name, model, config in (
            ("wav2vec2", "Wav2Vec2Model", {}),
            ("wav2vec2_stable", "Wav2Vec2Model", dict(do_stable_layer_norm=True, feat_extract_norm="layer")),
            ("hubert", "HubertModel", {}),
            ("wavlm", "WavLMModel", EAGER),
            ("data2vec_audio", "Data2VecAudioModel", {}),
        )
    ),
    Family(
        name="whisper_encoder",
        model="transformers.models.whisper.modeling_whisper.WhisperEncoder",
        config=dict(
            vocab_size=40,
            num_mel_bins=8,
            d_model=32,
            encoder_layers=2,
            encoder_attention_heads=4,
            encoder_ffn_dim=48,
            decoder_layers=1,
            max_source_positions=35,
            pad_token_id=0,
            bos_token_id=1,
            eos_token_id=2,
        ),
        inputs={"input_features": Input(("batch", "num_mel_bins", 70))},
        outputs=("last_hidden_state",),
        lengths=_LENGTHS,
        dynamic=("batch",),
    ),
    Family(
        name="ast",
        model="transformers.ASTModel",
        config=dict(
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=48,
            patch_size=4,
            frequency_stride=4,
            time_stride=4,
            max_length=28,
            num_mel_bins=20,
        ),
        inputs={"input_values": Input(("batch", "max_length", "num_mel_bins"))},
        outputs=("last_hidden_state",),
        lengths=_LENGTHS,
        dynamic=("batch",),
    ),
)
