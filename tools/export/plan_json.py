"""Writes a model's `_cp_plan` as plan JSON, word for word."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

Plan = dict[str, object]


def _spec(value: object) -> object:
    if value is None:
        return None
    if isinstance(value, (list, tuple)):
        return [_spec(item) for item in value]
    return {key: number for key, number in asdict(value).items() if number is not None}


def plan_of(cp_plan: Mapping[str, object]) -> Plan:
    """The plan as plain data; output indices become strings of digits."""
    return {
        module: {str(key): _spec(spec) for key, spec in entry.items()} if isinstance(entry, Mapping) else _spec(entry)
        for module, entry in cp_plan.items()
    }


def _text(value: object, depth: int) -> str:
    """JSON with one line per spec."""
    if not isinstance(value, dict) or "split_dim" in value or "gather_dim" in value:
        return json.dumps(value).replace("{", "{ ").replace("}", " }")
    pad = "  " * (depth + 1)
    lines = [f"{pad}{json.dumps(key)}: {_text(item, depth + 1)}" for key, item in value.items()]
    return "{\n" + ",\n".join(lines) + "\n" + "  " * depth + "}"


def write_plan(plan: Plan, path: Path, schema: str | None) -> None:
    """Writes the plan; `schema` is the path of plan.schema.json as seen from the file, for editors."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = {"$schema": schema} if schema else {}
    path.write_text(_text({**head, **plan}, 0) + "\n", encoding="ascii")
