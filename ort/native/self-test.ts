/**
 * @file Whether the library does here what it should: a small model is loaded, run in both ways of giving outputs, and compared. A library
 * with another function table would fail here, before it sees a user's model. Knows no rank.
 */
import { writeModel } from "../../compiler/graph/write.ts";
import { tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import type { GraphValue } from "../../compiler/graph/types.ts";
import { ortTensor } from "../tensors.ts";
import type { OrtValue } from "../values.ts";
import { openValues } from "./runner.ts";
import { openSessions } from "./shared.ts";

let passing: Promise<void> | undefined;

/** Once per thread. Throws an `Error` that says why the backend cannot be used. */
export function selfTest(): Promise<void> {
  return (passing ??= test());
}

async function test(): Promise<void> {
  const sessions = await openSessions();
  try {
    const session = await sessions.create(model(), {});
    const values = await openValues(sessions.addRank());
    const runner = values.runner(session);
    const x = values.hold(ortTensor("float32", [2, 2], [1, 2, 3, 4]));
    const y = ortTensor("float32", [2, 2], [0, 0, 0, 0]);
    const results = await runner.run({ x }, { y, z: null });
    const found = Object.values(results).map(textOf).join(" ");
    for (const value of [x, ...Object.values(results)]) value.release();
    if (found !== EXPECTED) throw new Error(`a test model gives ${found} instead of ${EXPECTED}`);
  } finally {
    sessions.release();
  }
}

const EXPECTED = "float32[2,2]=11,22,13,24 float32[2,2]=-11,-22,-13,-24";

function textOf({ elem, dims, tensor }: OrtValue): string {
  return `${elem}[${dims.join()}]=${Array.from(tensor().data, Number).join()}`;
}

/** `y = x + [10, 20]`, `z = -y`. */
function model(): Uint8Array {
  const value = (name: string, rows: string): GraphValue => ({ name, type: { elem: "float32", dims: [rows, 2] } });
  const node = (op: string, inputs: readonly string[], output: string) =>
    ({ name: output, op, domain: "", inputs, outputs: [output], attributes: {}, metadata: {} }) as const;
  const graph = {
    name: "self_test",
    inputs: [value("x", "rows")],
    outputs: [value("y", "rows"), value("z", "rows")],
    nodes: [node("Add", ["x", "w"], "y"), node("Neg", ["y"], "z")],
    constants: new Map([["w", tensorFromNumbers("float32", [2], [10, 20])]]),
    types: new Map(),
  };
  return writeModel(graph, { opsets: { "": 18 } });
}
