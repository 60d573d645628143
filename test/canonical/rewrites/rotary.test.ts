/**
 * @file Rotary angles that an export leaves to broadcasting over the batch are repeated, as onnxruntime requires; others stay.
 */
import { expect, test } from "vitest";
import { rewrite } from "../../../compiler/canonical/rewrites/index.ts";
import type { CanonicalGraph } from "../../../compiler/ir/types.ts";
import { int } from "../../../compiler/graph/attributes.ts";
import { tensorFromNumbers } from "../../../compiler/graph/tensors.ts";
import { ortTensor } from "../../../ort/tensors.ts";
import type { Expr } from "../../../compiler/expr/expr.ts";
import { random } from "../../support/graphs.ts";
import { pattern, type Pattern } from "./build.ts";
import { count, run } from "./check.ts";

const LENGTHS = { B: 2, S: 5 };

/** q (B, 4, S, 8) turned by tables whose batch is `batch`, repeated by hand if `repeated`. */
function turned(batch: Expr, repeated: boolean): CanonicalGraph {
  const p = pattern(23);
  const q = p.input("q", ["B", 4, "S", 8]);
  const tables = ["cos", "sin"].map((name) => {
    const table = p.input(name, [batch, "S", 4]);
    return repeated ? p.node("Expand", [table, batchOf(p, q)]) : table;
  });
  return p.build(p.node("RotaryEmbedding", [q, ...tables]));
}

/** [B, 1, 1] */
const batchOf = (p: Pattern, q: string): string =>
  p.node("Concat", [p.node("Slice", [p.node("Shape", [q]), p.ints(0), p.ints(1)]), p.ints(1, 1)], {
    attributes: { axis: int(0) },
  });

test("tables without a batch", async () => {
  const after = rewrite(turned(1, false));
  expect(count(after, "Expand")).toBe(2);
  const feeds = { q: random(1, [2, 4, 5, 8]), cos: random(2, [1, 5, 4]), sin: random(3, [1, 5, 4]) };
  const expected = await run(turned(1, true), feeds, LENGTHS);
  const actual = await run(after, feeds, LENGTHS);
  expect(Object.values(actual)).toEqual(Object.values(expected));
});

test("tables with a batch stay", () => {
  expect(count(rewrite(turned("B", false)), "Expand")).toBe(0);
});

test("positions without a batch", async () => {
  const p = pattern(23);
  const positions = p.constant(tensorFromNumbers("int64", [1, 5], [4, 3, 2, 1, 0]));
  const after = rewrite(
    p.build(
      p.node("RotaryEmbedding", [
        p.input("q", ["B", 4, 5, 8]),
        p.input("cos", [7, 4]),
        p.input("sin", [7, 4]),
        positions,
      ]),
    ),
  );
  expect(count(after, "Expand")).toBe(1);
  const table = random(2, [7, 4]);
  const feeds = { q: random(1, [2, 4, 5, 8]), cos: table, sin: random(3, [7, 4]) };
  const [output] = Object.values(await run(after, feeds, LENGTHS));
  // The last token has position 0: rows of the tables are taken by position, not by place.
  const alone = await run(turned("B", false), { ...feeds, ...rowsOf(feeds.cos, feeds.sin) }, LENGTHS);
  expect(output).toEqual(Object.values(alone)[0]);
});

/** The tables' rows 4, 3, 2, 1, 0, for two batch elements. */
function rowsOf(...tables: readonly ReturnType<typeof random>[]) {
  const [cos, sin] = tables.map(({ data }) => {
    const rows = [4, 3, 2, 1, 0].flatMap((row) => Array.from((data as Float32Array).slice(4 * row, 4 * row + 4)));
    return ortTensor("float32", [2, 5, 4], [...rows, ...rows]);
  });
  return { cos: cos!, sin: sin! };
}
