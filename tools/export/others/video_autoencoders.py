"""Autoencoders of diffusers for videos: both halves, one after the other."""

from __future__ import annotations

from ..family import Family, Input

_SMALL = dict(base_dim=8, z_dim=4, dim_mult=[1, 2], num_res_blocks=1, latents_mean=[0.0] * 4, latents_std=[1.0] * 4)


def _video(name: str, model: str, config: dict[str, object], frames: int) -> Family:
    return Family(
        name=name,
        model=model,
        config=config,
        inputs={"sample": Input((1, 3, frames, 28, 20))},
        outputs=("decoded",),
        lengths={},
        dynamic=(),
    )


FAMILIES = (
    _video("vae_wan", "AutoencoderKLWan", dict(_SMALL, temperal_downsample=[True]), 5),
    # A picture is a video of one frame.
    _video("vae_qwenimage", "AutoencoderKLQwenImage", dict(_SMALL, temperal_downsample=[False]), 1),
)
