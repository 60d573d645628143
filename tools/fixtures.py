"""The fixtures, as data: one row per tiny model, one word per exported variant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from export.job import Options

FORMS = (
    "dynamo18-dynamic",
    "dynamo18-dynamic.marked",
    "torchscript18-static",
    "dynamo18-static",
    "dynamo23-dynamic",
)
# Models beyond those with a plan of their own, in the form that carries most.
DYNAMIC = ("dynamo18-dynamic",)
# A single sample at even lengths, and a pair for classifier-free guidance at odd ones.
TEXT = ({"batch": 1, "txt": 40}, {"batch": 2, "txt": 13})
AUDIO = ({"img": 96, "audio": 30, "txt": 40}, {"img": 67, "audio": 23, "txt": 13})
PACKED = ({"batch": 1, **AUDIO[0]}, {"batch": 2, **AUDIO[1]})
VIDEO = (
    {"batch": 1, "frames": 3, "height": 8, "width": 16},
    {"batch": 2, "frames": 5, "height": 6, "width": 14},
)
IMAGE = ({"batch": 1, "img": 96, "txt": 40}, {"batch": 2, "img": 67, "txt": 13})


@dataclass(frozen=True)
class Fixture:
    """A seeded tiny model and the files made of it.

    Every variant has the same weights and shares the sample tensors, one set for each of `lengths`; static ones are
    exported at the first. `sizes` are lengths that stay the same. `dynamic` empty means the family's own. `classes`
    lists the variants that keep the class of every module. `folder` is where files go, and the name of the plan;
    default: the family. A fixture with `published` is for the plans of other projects: it lies with them in
    test/published, and no plan is written.
    """

    family: str
    seed: int
    lengths: tuple[Mapping[str, int], ...]
    variants: tuple[str, ...] = FORMS
    config: Mapping[str, object] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    dynamic: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    folder: str | None = None
    published: bool = False
    # Variants that refer to the data file of the external variant for the weights that it has, so that the repository stays small.
    shared: tuple[str, ...] = ()


def options_of(variant: str, dynamic: tuple[str, ...], classes: bool) -> Options:
    """`<exporter>-<form>[.marked]`, form being dynamic, static, unnamed, external or wrapped."""
    plain, _, suffix = variant.partition(".")
    exporter, form = plain.split("-")
    return Options(
        exporter=exporter,
        dynamic=() if form == "static" else dynamic,
        marked=suffix == "marked",
        unnamed=form == "unnamed",
        wrapper="transformer" if form == "wrapped" else None,
        external=form == "external",
        classes=classes,
    )


FIXTURES: Mapping[str, Fixture] = {
    "flux": Fixture(
        family="flux",
        seed=1,
        classes=("dynamo18-dynamic", "dynamo23-dynamic"),
        lengths=({"img": 96, "txt": 40}, {"img": 90, "txt": 37}, {"img": 67, "txt": 13}),
        variants=(
            "dynamo18-dynamic",
            "torchscript18-static",
            "dynamo23-dynamic",
            "dynamo18-dynamic.marked",
            "torchscript18-static.marked",
            "dynamo18-static",
            "dynamo18-unnamed",
            "dynamo18-external",
            "dynamo18-wrapped",
        ),
        shared=(
            "dynamo23-dynamic",
            "dynamo18-dynamic.marked",
            "torchscript18-static.marked",
            "dynamo18-static",
            "dynamo18-unnamed",
            "dynamo18-wrapped",
        ),
    ),
    "flux-b": Fixture(
        family="flux",
        seed=2,
        config=dict(
            num_layers=1, num_single_layers=3, num_attention_heads=3, attention_head_dim=8, guidance_embeds=True
        ),
        dynamic=("batch", "img", "txt"),
        lengths=({"batch": 2, "img": 48, "txt": 20}, {"batch": 2, "img": 35, "txt": 11}),
        variants=("dynamo18-dynamic",),
    ),
    "flux2": Fixture(family="flux2", seed=3, lengths=IMAGE),
    "qwenimage": Fixture(family="qwenimage", seed=4, lengths=TEXT),
    "qwenimage-zero": Fixture(
        family="qwenimage",
        seed=5,
        config=dict(zero_cond_t=True),
        # The table of which token belongs to which picture has the batch in it, so that the batch cannot stay open.
        dynamic=("txt",),
        lengths=({"txt": 13}, {"txt": 37}),
        sizes={"rows": 7, "columns": 9, "reference_rows": 4, "reference_columns": 7},
        variants=("dynamo18-dynamic", "torchscript18-static"),
    ),
    "wan": Fixture(family="wan", seed=6, lengths=VIDEO),
    "wan-ti2v": Fixture(
        family="wan_ti2v",
        folder="wan",
        seed=6,
        lengths=VIDEO,
        variants=("dynamo18-dynamic",),
    ),
    "wan-i2v": Fixture(
        family="wan",
        seed=7,
        config=dict(image_dim=12, added_kv_proj_dim=32),
        lengths=VIDEO,
        sizes={"txt": 512},
        dynamic=("batch", "frames", "height", "width"),
        variants=("dynamo18-dynamic",),
    ),
    # TorchScript spells a block out in 130 kB; one is enough to see what differs from Wan's.
    "wan-ti2v-one": Fixture(
        family="wan_ti2v",
        folder="wan",
        seed=6,
        config=dict(num_layers=1),
        lengths=VIDEO[1:],
        variants=("torchscript18-static",),
    ),
    "wan-i2v-one": Fixture(
        family="wan",
        folder="wan",
        seed=7,
        config=dict(image_dim=12, added_kv_proj_dim=32, num_layers=1),
        lengths=({"batch": 1, "frames": 5, "height": 6, "width": 14},),
        sizes={"txt": 512},
        variants=("torchscript18-static",),
    ),
    "chronoedit": Fixture(family="chronoedit", seed=8, lengths=VIDEO),
    "helios": Fixture(
        family="helios",
        seed=9,
        lengths=(
            {"batch": 1, "frames": 2, "height": 8, "width": 16},
            {"batch": 2, "frames": 3, "height": 6, "width": 14},
        ),
    ),
    "ltx": Fixture(family="ltx", seed=10, lengths=({"img": 96, "txt": 40}, {"img": 67, "txt": 13})),
    "ltx-cfg": Fixture(
        family="ltx",
        seed=10,
        sizes={"batch": 2},
        lengths=({"img": 48, "txt": 20}, {"img": 35, "txt": 11}),
        variants=("dynamo18-dynamic",),
    ),
    "ltx-grid": Fixture(
        family="ltx_grid",
        folder="ltx",
        seed=10,
        lengths=({"txt": 40},),
        variants=("dynamo18-static", "torchscript18-static"),
    ),
    # A block has eight times the nodes of another model's; the second one is in ltx2-split.
    "ltx2": Fixture(family="ltx2", seed=11, config=dict(num_layers=1), lengths=AUDIO),
    "ltx2-split": Fixture(
        family="ltx2",
        seed=12,
        config=dict(rope_type="split"),
        lengths=AUDIO,
        variants=("dynamo18-dynamic",),
    ),
    # The batch must be fixed, as in LTX: a pair for classifier-free guidance.
    "ltx2-cfg": Fixture(
        family="ltx2",
        seed=11,
        config=dict(num_layers=1),
        sizes={"batch": 2},
        lengths=({"img": 48, "audio": 18, "txt": 20}, {"img": 35, "audio": 13, "txt": 11}),
        variants=("dynamo18-dynamic",),
    ),
    "ltx2-timesteps": Fixture(
        family="ltx2_timesteps",
        seed=11,
        config=dict(
            num_layers=1,
            num_attention_heads=2,
            cross_attention_dim=12,
            audio_num_attention_heads=2,
            audio_cross_attention_dim=8,
        ),
        lengths=AUDIO,
        variants=DYNAMIC,
        published=True,
    ),
    "sd3": Fixture(
        family="sd3",
        seed=14,
        lengths=({"batch": 2, "txt": 20}, {"batch": 1, "txt": 13}),
        variants=DYNAMIC,
    ),
    "chroma": Fixture(
        family="chroma",
        seed=19,
        lengths=({"img": 48, "txt": 20}, {"img": 35, "txt": 11}),
        variants=DYNAMIC,
    ),
    "hunyuan_video": Fixture(
        family="hunyuan_video",
        seed=20,
        lengths=(
            {"batch": 2, "frames": 3, "height": 6, "width": 14, "txt": 20},
            {"batch": 1, "frames": 5, "height": 6, "width": 10, "txt": 13},
        ),
        variants=DYNAMIC,
    ),
    "pixart": Fixture(
        family="pixart",
        seed=21,
        lengths=({"txt": 20}, {"txt": 13}),
        variants=DYNAMIC,
    ),
    "cogvideox": Fixture(
        family="cogvideox",
        seed=22,
        lengths=({"batch": 2}, {"batch": 1}),
        variants=DYNAMIC,
    ),
    "auraflow": Fixture(
        family="auraflow",
        seed=23,
        lengths=({"batch": 2, "txt": 20}, {"batch": 1, "txt": 13}),
        variants=DYNAMIC,
    ),
    "cogview4": Fixture(
        family="cogview4",
        seed=25,
        lengths=({"txt": 20}, {"txt": 13}),
        variants=DYNAMIC,
    ),
    "allegro": Fixture(
        family="allegro",
        seed=24,
        lengths=({"txt": 20}, {"txt": 13}),
        variants=DYNAMIC,
    ),
    # Only their plans: the repository has no room for their exports, which `npm run inferred:others` makes use of.
    "hidream": Fixture(family="hidream", seed=0, lengths=(), variants=()),
    "hunyuan_video15": Fixture(family="hunyuan_video15", seed=0, lengths=(), variants=()),
    "lumina2": Fixture(family="lumina2", seed=0, lengths=(), variants=()),
    "mochi": Fixture(family="mochi", seed=0, lengths=(), variants=()),
    "qwenimage21": Fixture(family="qwenimage21", seed=0, lengths=(), variants=()),
    "zimage": Fixture(family="zimage", seed=0, lengths=(), variants=()),
    "text_encoder": Fixture(
        family="text_encoder",
        seed=15,
        lengths=({"batch": 2, "txt": 40}, {"batch": 3, "txt": 29}),
        variants=DYNAMIC,
    ),
    "unet": Fixture(
        family="unet",
        seed=16,
        lengths=({"batch": 2}, {"batch": 1}),
        variants=DYNAMIC,
    ),
    "vit": Fixture(
        family="vit",
        seed=17,
        lengths=({"batch": 2}, {"batch": 1}),
        variants=DYNAMIC,
    ),
    "minimax_h3": Fixture(family="minimax_h3", seed=13, lengths=PACKED),
}
