"""Autoencoders of diffusers for pictures: both halves, one after the other."""

from __future__ import annotations

from ..family import Family, Input

_BLOCKS = dict(
    block_out_channels=(8, 16),
    down_block_types=("DownEncoderBlock2D",) * 2,
    up_block_types=("UpDecoderBlock2D",) * 2,
    layers_per_block=1,
    norm_num_groups=4,
)
_IMAGE = {"sample": Input(("batch", 3, 28, 20))}


def _image(name: str, model: str, config: dict[str, object]) -> Family:
    return Family(
        name=name,
        model=model,
        config=config,
        inputs=_IMAGE,
        outputs=("decoded",),
        lengths={"batch": 2},
        dynamic=("batch",),
    )


FAMILIES = (
    _image("vae", "AutoencoderKL", _BLOCKS),
    _image("vae_flux2", "AutoencoderKLFlux2", dict(_BLOCKS, latent_channels=4)),
    _image(
        "vae_asymmetric",
        "AsymmetricAutoencoderKL",
        dict(
            down_block_types=("DownEncoderBlock2D",) * 2,
            down_block_out_channels=(8, 16),
            up_block_types=("UpDecoderBlock2D",) * 2,
            up_block_out_channels=(8, 16),
            norm_num_groups=4,
        ),
    ),
    _image("vae_vq", "VQModel", dict(_BLOCKS, num_vq_embeddings=12)),
    _image(
        "vae_tiny",
        "AutoencoderTiny",
        dict(
            encoder_block_out_channels=(8, 8),
            decoder_block_out_channels=(8, 8),
            num_encoder_blocks=(1, 1),
            num_decoder_blocks=(1, 1),
        ),
    ),
    _image(
        "vae_kvae",
        "AutoencoderKLKVAE",
        dict(channels=32, num_enc_blocks=1, num_dec_blocks=1, z_channels=4, ch_mult=(1, 2)),
    ),
    _image(
        "vae_temporal",
        "AutoencoderKLTemporalDecoder",
        dict(down_block_types=("DownEncoderBlock2D",) * 2, block_out_channels=(32, 32), latent_channels=4),
    ),
)
