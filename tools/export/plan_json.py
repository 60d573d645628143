"""Writes a model's `_cp_plan` as plan JSON, word for word."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

Plan = dict[str, object]


def _spec(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _spec(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_spec(item) for item in value]
    return value if value is None else {key: number for key, number in asdict(value).items() if number is not None}


def plan_of(cp_plan: Mapping[str, object] | None) -> Plan:
    """The plan as plain data; output indices become strings of digits. Empty for a class without one."""
    return _spec(cp_plan or {})


def is_inputs(entry: object) -> bool:
    """Whether an entry, or the first of a list, maps parameters and output indices to input specs."""
    return isinstance(entry, Mapping) and "gather_dim" not in entry


def entry_points(entry: object) -> tuple[list[str], list[int]]:
    """The parameters and the output indices that one entry of a plan names."""
    if is_inputs(entry):
        indices = [int(key) for key in entry if key.isdigit()]
        return [key for key in entry if not key.isdigit()], indices
    if isinstance(entry, list) and is_inputs(entry[0]):
        (names, split), (_, gathered) = map(entry_points, entry)
        return names, split + gathered
    specs = entry if isinstance(entry, list) else [entry]
    return [], [index for index, spec in enumerate(specs) if spec is not None]


def _text(value: object, depth: int) -> str:
    """JSON with one line per spec."""
    if isinstance(value, list) and is_inputs(value[0]):
        brackets, lines = "[]", [_text(item, depth + 1) for item in value]
    elif is_inputs(value) and "split_dim" not in value:
        brackets, lines = "{}", [f"{json.dumps(key)}: {_text(item, depth + 1)}" for key, item in value.items()]
    else:
        return json.dumps(value).replace("{", "{ ").replace("}", " }")
    pad = "  " * depth
    return brackets[0] + ",".join(f"\n{pad}  {line}" for line in lines) + f"\n{pad}{brackets[1]}"


def write_plan(plan: Plan, path: Path, schema: str | None) -> None:
    """Writes the plan if there is one; `schema` is the path of plan.schema.json as seen from the file, for editors."""
    if not plan:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    head = {"$schema": schema} if schema else {}
    path.write_text(_text({**head, **plan}, 0) + "\n", encoding="ascii")
