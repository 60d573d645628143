/**
 * @file Runs a canonical graph before and after a rewrite on random inputs and compares.
 */
import { expect } from "vitest";
import { emitGraph } from "../../../compiler/emit/emit.ts";
import type { CanonicalGraph } from "../../../compiler/ir/types.ts";
import { evaluate, show } from "../../../compiler/expr/expr.ts";
import { evaluateGraph } from "../../../ort/evaluate.ts";
import { numbersIn, ortTensor } from "../../../ort/tensors.ts";
import type { OrtElem, OrtTensor, OrtTensors } from "../../../ort/types.ts";
import { random } from "../../support/graphs.ts";

type Lengths = Readonly<Record<string, number>>;

/** Two sizes, so that an extent that is right by chance is noticed. C, R and K are other names for B, S and T. */
const SIZES: readonly Lengths[] = [
  { B: 2, C: 2, S: 5, R: 5, T: 7, K: 7 },
  { B: 1, C: 1, S: 6, R: 6, T: 3, K: 3 },
];

/** Both graphs give the same outputs, up to rounding; NaN in the same places. `feeds` replaces random inputs. */
export async function expectSame(before: CanonicalGraph, after: CanonicalGraph, feeds: OrtTensors = {}): Promise<void> {
  const sizes = Object.keys(feeds).length > 0 ? SIZES.slice(0, 1) : SIZES;
  for (const lengths of sizes) {
    const given = Object.fromEntries(
      before.inputs.map((input, i) => [input.name, feeds[input.name] ?? feedOf(input, i, lengths)]),
    );
    const [expected, actual] = [await run(before, given, lengths), await run(after, given, lengths)];
    for (const output of before.outputs) {
      expect(actual[output]!.dims).toEqual(expected[output]!.dims);
      expect(difference(actual[output]!, expected[output]!)).toBeLessThan(1e-5);
    }
  }
}

function feedOf({ shape }: CanonicalGraph["inputs"][number], seed: number, lengths: Lengths): OrtTensor {
  const dims = shape.dims.map((d) => evaluate(d, lengths));
  const numbers = random(seed + 1, dims);
  if (shape.elem === "float32") return numbers;
  // Masks and the like: mostly set, and the first of each row always.
  const columns = dims.at(-1) ?? 1;
  const flags = Array.from(numbersIn(numbers), (x, i) => (i % columns === 0 || x > -0.3 ? 1 : 0));
  expect(["bool", "int32", "int64"]).toContain(shape.elem);
  return ortTensor(shape.elem as OrtElem, dims, flags);
}

/** Values of the graph's outputs. */
export async function run(graph: CanonicalGraph, feeds: OrtTensors, lengths: Lengths): Promise<OrtTensors> {
  const { graph: emitted, opsets, integerInputs } = emitGraph(graph);
  const integers = integerInputs.map((name) => {
    const { elem, dims, elements } = graph.integers.get(name)!;
    return [
      name,
      ortTensor(
        elem,
        dims,
        elements.map((e) => evaluate(e, lengths)),
      ),
    ] as const;
  });
  return evaluateGraph(emitted, { ...feeds, ...Object.fromEntries(integers) }, { opsets });
}

function difference(a: OrtTensor, b: OrtTensor): number {
  const [x, y] = [numbersIn(a), numbersIn(b)];
  let worst = 0;
  for (let i = 0; i < y.length; i++) {
    if (Number.isNaN(x[i]) && Number.isNaN(y[i])) continue;
    const apart = Math.abs(x[i]! - y[i]!);
    worst = Number.isNaN(apart) ? Infinity : Math.max(worst, apart);
  }
  return worst;
}

export function count(graph: CanonicalGraph, op: string): number {
  return graph.nodes.filter((n) => n.op === op).length;
}

/** Extents of every operand of the one attention of a graph. */
export function operandsOf(graph: CanonicalGraph): readonly string[] {
  const attention = graph.nodes.filter((n) => n.op === "Attention" && n.domain === "cp");
  expect(attention).toHaveLength(1);
  return attention[0]!.inputs.map((i) => graph.shapes.get(i)!.dims.map(show).join(", "));
}
