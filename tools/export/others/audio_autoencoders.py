"""Autoencoders and vocoders of diffusers for sound."""

from __future__ import annotations

from ..family import Family, Input


def _audio(name: str, model: str, config: dict[str, object], inputs: dict[str, Input]) -> Family:
    return Family(
        name=name,
        model=model,
        config=config,
        inputs=inputs,
        outputs=("decoded",),
        lengths={"batch": 2},
        dynamic=("batch",),
    )


FAMILIES = (
    _audio(
        "vae_oobleck",
        "AutoencoderOobleck",
        dict(encoder_hidden_size=8, downsampling_ratios=[2, 2], channel_multiples=[1, 2], decoder_channels=8, decoder_input_channels=4),
        {"sample": Input(("batch", 2, 56))},
    ),
    _audio(
        "vocoder_mmaudio",
        "MMAudioVocoder",
        dict(num_mels=8, upsample_initial_channel=16, upsample_rates=(2, 2), upsample_kernel_sizes=(4, 4)),
        {"mel": Input(("batch", 8, 21))},
    ),
    _audio(
        "vocoder_minimax_music3",
        "MiniMaxMusic3Vocoder",
        dict(latent_channels=4, decoder_input_dim=8, decoder_hidden_dim=16, upsampling_ratios=(2, 2)),
        {"latents": Input(("batch", 4, 21))},
    ),
)
