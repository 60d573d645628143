/**
 * @file The limit of the machine: the matrix products of a model alone, each in a session of its own on the same cores. Knows operators and
 * their shapes, no model.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kernelTimes } from "../../cli/bench/operators.ts";
import type { OperatorTime, Shapes } from "../../cli/bench/operators.ts";
import { median } from "../../cli/bench/statistics.ts";
import { writeModel } from "../../compiler/graph/write.ts";
import { createPlainSession } from "../../ort/session.ts";
import type { LimitResult } from "../results.ts";

/** Rows, inner extent, columns. */
type Product = readonly [number, number, number];

const PRODUCTS: ReadonlySet<string> = new Set(["MatMul", "Gemm", "FusedMatMul", "FusedGemm"]);
const ATTENTION: ReadonlySet<string> = new Set(["Attention"]);
const REPEATS = 5;

/** `operators`: those of a plain session with `threads` threads. */
export async function limitOf(operators: readonly OperatorTime[], threads: number): Promise<LimitResult> {
  const products = { gflop: 0, inside: 0, alone: 0 };
  const attention = { gflop: 0, inside: 0 };
  for (const { operator, shapes } of operators) {
    for (const { milliseconds, calls, ...operands } of shapes) {
      const product = PRODUCTS.has(operator) ? productOf(operands) : null;
      if (product !== null) {
        products.gflop += calls * gflopOf(product);
        products.inside += milliseconds;
        products.alone += calls * (await timeAlone(product, threads));
      }
      if (!ATTENTION.has(operator)) continue;
      attention.gflop += calls * attentionGflop(operands);
      attention.inside += milliseconds;
    }
  }
  return { products, attention, total: operators.reduce((sum, { milliseconds }) => sum + milliseconds, 0) };
}

/** Rows times a matrix of weights, which a session packs and then does not list; `null` for a product of two activations. */
function productOf({ inputs: [left = [], right = []], outputs: [out = []] }: Shapes): Product | null {
  const [inner, columns] = [left.at(-1), out.at(-1)];
  if (right.length > 2 || inner === undefined || columns === undefined) return null;
  return [out.slice(0, -1).reduce((a, b) => a * b, 1), inner, columns];
}

function gflopOf([rows, inner, columns]: Product): number {
  return (2 * rows * inner * columns) / 1e9;
}

/** Of queries (batch, heads, rows, size) and keys alike. */
function attentionGflop({ inputs }: Shapes): number {
  const [[batch = 0, heads = 0, rows = 0, size = 0] = [], [, , keys = 0] = []] = inputs;
  return (4 * batch * heads * rows * keys * size) / 1e9;
}

/** Milliseconds of the kernel, the median after the first run. */
async function timeAlone([rows, inner, columns]: Product, threads: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "products-"));
  try {
    const session = await createPlainSession(productModel([rows, inner, columns]), {
      threads,
      profile: join(folder, "product"),
    });
    const x = { elem: "float32", dims: [rows, inner], data: numbers(rows * inner) } as const;
    for (let i = 0; i < REPEATS; i += 1) await session.run({ x });
    await session.release();
    const [file] = readdirSync(folder);
    return median(kernelTimes(readFileSync(join(folder, file!), "utf8")).slice(1));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Any numbers of ordinary size. */
function numbers(size: number): Float32Array {
  const made = new Float32Array(size);
  for (let i = 0; i < size; i += 1) made[i] = (i % 17) / 17 - 0.5;
  return made;
}

function productModel([rows, inner, columns]: Product): Uint8Array {
  const bytes = new Uint8Array(numbers(inner * columns).buffer);
  const weights = { elem: "float32", dims: [inner, columns], data: { kind: "inline", bytes } } as const;
  const matrix = (name: string, dims: readonly number[]) => ({ name, type: { elem: "float32", dims } }) as const;
  const graph = {
    name: "product",
    inputs: [matrix("x", [rows, inner])],
    outputs: [matrix("y", [rows, columns])],
    nodes: [{ name: "y", op: "MatMul", domain: "", inputs: ["x", "w"], outputs: ["y"], attributes: {}, metadata: {} }],
    constants: new Map([["w", weights]]),
    types: new Map(),
  };
  return writeModel(graph, { opsets: { "": 18 } });
}
