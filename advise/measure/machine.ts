/**
 * @file Measures how fast this machine computes, with all its cores: products, attention and other operators, each in a small session. Knows no
 * program.
 */
import { float, int } from "../../compiler/graph/attributes.ts";
import { tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import type { Attributes, Graph, Node, Tensor } from "../../compiler/graph/types.ts";
import { writeModel } from "../../compiler/graph/write.ts";
import { createSession } from "../../ort/session.ts";
import { ortTensor } from "../../ort/tensors.ts";

/** Per second, with all cores together. */
export interface MachineRates {
  readonly products: number;
  readonly attention: number;
  readonly memory: number;
}

/** As in a transformer of this field that a CPU can run. */
const ROWS = 1024;
/** Operands of 16 MiB: as in a model, a value is not in the cache any more when it is read again. */
const MANY_ROWS = 4096;
const WIDTH = 1024;
const HEADS = 16;
/** Operators in a row, so that their time outweighs that of a call. */
const CHAIN = 4;
/** Runs that are measured, after one that is not. The fastest counts: others were disturbed. */
const RUNS = 4;

/** Takes about a second, in which the thread is blocked. Throws `OrtError`. */
export async function measureMachine(cores: number): Promise<MachineRates> {
  const bytes = new Uint8Array(new Float32Array(WIDTH * WIDTH).fill(1 / WIDTH).buffer);
  const weights: Tensor = { elem: "float32", dims: [WIDTH, WIDTH], data: { kind: "inline", bytes } };
  const seconds = {
    products: await time(ROWS, "MatMul", "", (x) => [x, "w"], {}, new Map([["w", weights]]), cores),
    attention: await time(
      ROWS,
      "MultiHeadAttention",
      "com.microsoft",
      (x) => [x, x, x],
      { num_heads: int(HEADS), scale: float((WIDTH / HEADS) ** -0.5) },
      new Map(),
      cores,
    ),
    memory: await time(MANY_ROWS, "Mul", "", (x) => [x, "x0"], {}, new Map(), cores),
  };
  return {
    products: (2 * ROWS * WIDTH * WIDTH) / seconds.products,
    attention: (4 * ROWS * ROWS * WIDTH) / seconds.attention,
    memory: (3 * 4 * MANY_ROWS * WIDTH) / seconds.memory,
  };
}

/** Seconds of one operator. */
async function time(
  rows: number,
  op: string,
  domain: string,
  inputs: (x: string) => readonly string[],
  attributes: Attributes,
  constants: ReadonlyMap<string, Tensor>,
  cores: number,
): Promise<number> {
  const nodes = Array.from({ length: CHAIN }, (_, i): Node => {
    const [x, y] = [`x${i}`, `x${i + 1}`];
    return { name: y, op, domain, inputs: inputs(x), outputs: [y], attributes, metadata: {} };
  });
  const session = await createSession(
    writeModel(chain(rows, nodes, constants), { opsets: { "": 18, "com.microsoft": 1 } }),
    {
      threads: cores,
    },
  );
  try {
    const x0 = ortTensor("float32", [1, rows, WIDTH], new Float32Array(rows * WIDTH).fill(0.5));
    let least = Infinity;
    for (let run = 0; run <= RUNS; run++) {
      const start = performance.now();
      await session.run({ x0 });
      if (run > 0) least = Math.min(least, performance.now() - start);
    }
    return least / 1000 / CHAIN;
  } finally {
    await session.release();
  }
}

/** Returns one number, so that no large result is copied. */
function chain(rows: number, nodes: readonly Node[], constants: ReadonlyMap<string, Tensor>): Graph {
  const last = `x${CHAIN}`;
  const index = tensorFromNumbers("int64", [], [0]);
  const pick = (from: string, to: string): Node => {
    return { name: to, op: "Gather", domain: "", inputs: [from, "index"], outputs: [to], attributes: {}, metadata: {} };
  };
  return {
    name: "chain",
    inputs: [{ name: "x0", type: { elem: "float32", dims: [1, rows, WIDTH] } }],
    outputs: [{ name: "row", type: { elem: "float32", dims: [WIDTH] } }],
    nodes: [...nodes, pick(last, "rows"), pick("rows", "row")],
    constants: new Map([...constants, ["index", index]]),
    types: new Map(),
  };
}
