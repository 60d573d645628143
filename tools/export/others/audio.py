"""Audio models of diffusers."""

from __future__ import annotations

from ..family import Family, Input
from .shorthand import LEVEL, STEP, text, vector

_LENGTHS = {"batch": 2, "img": 35, "txt": 13}

FAMILIES = (
    Family(
        name="stable_audio",
        model="StableAudioDiTModel",
        config=dict(
            sample_size=35,
            in_channels=4,
            num_layers=2,
            attention_head_dim=8,
            num_attention_heads=4,
            num_key_value_attention_heads=2,
            out_channels=4,
            cross_attention_dim=16,
            time_proj_dim=8,
            global_states_input_dim=12,
            cross_attention_input_dim=12,
        ),
        inputs={
            "hidden_states": Input(("batch", "in_channels", "img")),
            "timestep": LEVEL,
            "encoder_hidden_states": text("cross_attention_input_dim"),
            "global_hidden_states": Input(("batch", 1, "global_states_input_dim")),
            "rotary_cos": Input(("img + 1", 4), "uniform"),
            "rotary_sin": Input(("img + 1", 4), "uniform"),
        },
        outputs=("sample",),
        lengths=_LENGTHS,
        dynamic=("batch", "txt"),
        grouped={"rotary_embedding": ("rotary_cos", "rotary_sin")},
    ),
    Family(
        name="stable_audio3",
        model="StableAudio3DiTModel",
        config=dict(
            io_channels=4,
            embed_dim=32,
            depth=2,
            num_heads=4,
            cond_token_dim=12,
            global_cond_dim=8,
            local_add_cond_dim=5,
            timestep_features_dim=16,
            num_memory_tokens=3,
        ),
        inputs={
            "hidden_states": Input(("batch", "io_channels", "img")),
            "timestep": LEVEL,
            "encoder_hidden_states": text("cond_token_dim"),
            "global_hidden_states": vector("global_cond_dim"),
        },
        outputs=("sample",),
        lengths=_LENGTHS,
        dynamic=("batch", "img", "txt"),
    ),
    Family(
        name="ace_step",
        model="AceStepTransformer1DModel",
        config=dict(
            hidden_size=32,
            intermediate_size=48,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            head_dim=8,
            in_channels=12,
            audio_acoustic_hidden_dim=4,
            sliding_window=8,
        ),
        inputs={
            "hidden_states": Input(("batch", 38, "audio_acoustic_hidden_dim")),
            "timestep": LEVEL,
            "timestep_r": LEVEL,
            "encoder_hidden_states": text("hidden_size"),
            "context_latents": Input(("batch", 38, 8)),
        },
        outputs=("sample",),
        lengths=_LENGTHS,
        dynamic=("batch", "txt"),
    ),
    Family(
        name="longcat_audio",
        model="LongCatAudioDiTTransformer",
        config=dict(dit_dim=32, dit_depth=2, dit_heads=4, dit_text_dim=12, latent_dim=4),
        inputs={
            "hidden_states": Input(("batch", "img", "latent_dim")),
            "encoder_hidden_states": text("dit_text_dim"),
            "encoder_attention_mask": Input(("batch", "txt"), "mask", "bool"),
            "timestep": LEVEL,
            "attention_mask": Input(("batch", "img"), "mask", "bool"),
            "latent_cond": Input(("batch", "img", "latent_dim")),
        },
        outputs=("sample",),
        lengths=_LENGTHS,
        dynamic=("batch", "img", "txt"),
    ),
    Family(
        name="minimax_music3",
        model="MiniMaxMusic3Transformer1DModel",
        config=dict(
            in_channels=4,
            condition_dim=12,
            num_layers=2,
            num_attention_heads=4,
            attention_head_dim=8,
            ff_inner_dim=48,
            rotary_dim=4,
            fourier_embedding_dim=16,
        ),
        inputs={
            "hidden_states": Input(("batch", "in_channels", "img")),
            "timestep": LEVEL,
            "encoder_hidden_states": Input(("batch", "img", "condition_dim")),
        },
        outputs=("sample",),
        lengths=_LENGTHS,
        dynamic=("batch", "img"),
    ),
)
