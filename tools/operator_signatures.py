"""Prints compiler/operators/signatures.ts: what ONNX allows for the operators that the compiler reads.

Usage: python tools/operator_signatures.py OPERATOR... (names as in the table of operator rules)
"""

import sys

import onnx

OLDEST = 13
KINDS = {
    "INT": "int",
    "FLOAT": "float",
    "STRING": "string",
    "INTS": "ints",
    "FLOATS": "floats",
    "STRINGS": "strings",
    "TENSOR": "tensor",
    "GRAPH": "graph",
}


def versions(name):
    """Schemas in force from the oldest operator set on."""
    known = sorted(
        (s for s in onnx.defs.get_all_schemas_with_history() if s.domain == "" and s.name == name),
        key=lambda s: s.since_version,
    )
    first = [s for s in known if s.since_version <= OLDEST][-1:]
    return [s for s in first + [s for s in known if s.since_version > OLDEST] if not s.deprecated]


def count(low, high):
    if low == high:
        return str(low)
    return f"{low}.." if high > 1000 else f"{low}..{high}"


def signature(name):
    schemas = versions(name)
    inputs = count(min(s.min_input for s in schemas), max(s.max_input for s in schemas))
    outputs = count(min(s.min_output for s in schemas), max(s.max_output for s in schemas))
    attributes = {}
    for schema in schemas:
        for attribute in schema.attributes.values():
            if attribute.type.name in KINDS:
                attributes[attribute.name] = KINDS[attribute.type.name]
    required = {
        name
        for name in attributes
        if all(name in s.attributes and s.attributes[name].required for s in schemas)
    }
    listed = [f"{name} {kind}{'!' if name in required else ''}" for name, kind in sorted(attributes.items())]
    return f"{inputs} -> {outputs}" + (f"; {', '.join(listed)}" if listed else "")


for operator in sorted(name for name in sys.argv[1:] if versions(name)):
    print(f'  {operator}: "{signature(operator)}",')
