"""Helios: video preceded by three histories of decreasing resolution, split and gathered inside every block."""

import re

from ..family import Family, Input
from ..plan_json import Plan, is_inputs


def patterns(plan: Plan) -> Plan:
    """Splits and gathers of a module in one entry per pattern, instead of 120 keys for exactly 40 blocks."""
    gathers = {re.sub(r"\.\d+\.", ".*.", module): spec for module, spec in plan.items() if not is_inputs(spec)}
    return {module: [inputs, gathers[module]] for module, inputs in plan.items() if is_inputs(inputs)}


def _history(name: str, frames: int, first: int) -> dict[str, Input]:
    """One history's latents and the numbers of its frames."""
    return {
        f"indices_latents_history_{name}": Input(("batch", frames), "count", "int64", options={"first": first}),
        f"latents_history_{name}": Input(("batch", "in_channels", frames, "height", "width")),
    }


FAMILY = Family(
    name="helios",
    model="HeliosTransformer3DModel",
    config=dict(
        patch_size=(1, 2, 2),
        num_attention_heads=4,
        attention_head_dim=6,
        in_channels=2,
        out_channels=2,
        text_dim=24,
        freq_dim=32,
        ffn_dim=48,
        num_layers=2,
        rope_dim=(2, 2, 2),
    ),
    inputs={
        "hidden_states": Input(("batch", "in_channels", "frames", "height", "width")),
        "timestep": Input(("batch",), "integers", "int64", options={"high": 1000}),
        "encoder_hidden_states": Input(("batch", "txt", "text_dim")),
        "indices_hidden_states": Input(("batch", "frames"), "count", "int64", options={"first": 8}),
        **_history("short", 2, first=6),
        **_history("mid", 2, first=4),
        **_history("long", 4, first=0),
    },
    outputs=("sample",),
    lengths={"batch": 1, "frames": 2, "height": 8, "width": 16, "txt": 40},
    dynamic=("batch", "frames", "height", "width", "txt"),
    patches=("rms_norm",),
    complete_plan=patterns,
)
