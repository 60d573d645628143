/**
 * @file The bounds of the benchmark: products alone, and a program without exchanges.
 */
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { limitOf } from "../../bench/limits/products.ts";
import { bytesByFormula, checkedBytes } from "../../cli/bench/bytes.ts";
import { startSide } from "../../cli/bench/sides/process.ts";
import type { OperatorTime, Shapes } from "../../cli/bench/operators.ts";
import { compilePlan } from "../../index.ts";
import { root } from "../structure/sources.ts";
import { fixture } from "../support/fixtures.ts";
import { temporaryFolder } from "../support/files.ts";

function operator(name: string, calls: number, milliseconds: number, shapes: Shapes): OperatorTime {
  return { operator: name, calls, milliseconds, shapes: [{ ...shapes, calls, milliseconds }] };
}

test("products with weights and attention are counted, other products are not", async () => {
  const heads = [1, 2, 6, 8];
  const limit = await limitOf(
    [
      operator("MatMul", 3, 4, { inputs: [[1, 8, 16]], outputs: [[1, 8, 32]] }),
      operator("Gemm", 1, 1, { inputs: [[1, 16], [32]], outputs: [[1, 32]] }),
      operator("MatMul", 1, 100, { inputs: [heads, [1, 2, 8, 6]], outputs: [[1, 2, 6, 6]] }),
      operator("Attention", 2, 5, { inputs: [heads, [1, 2, 9, 8], [1, 2, 9, 8]], outputs: [heads] }),
      operator("Add", 1, 7, { inputs: [[1]], outputs: [[1]] }),
    ],
    1,
  );
  expect(limit.products.gflop).toBeCloseTo((2 * (3 * 8 + 1) * 16 * 32) / 1e9, 12);
  expect(limit.attention.gflop).toBeCloseTo((2 * 4 * 2 * 6 * 9 * 8) / 1e9, 12);
  expect([limit.products.inside, limit.attention.inside, limit.total]).toEqual([5, 5, 117]);
  expect(limit.products.alone).toBeGreaterThan(0);
  expect(limit.products.alone).toBeLessThan(1000);
});

test.each(["binding", "native"] as const)("a program without exchanges runs all its pieces on %s", async (backend) => {
  const out = join(await temporaryFolder(), "program");
  const model = fixture("flux/flux.dynamo18-dynamic.onnx");
  const parallel = { ring_degree: 2, ulysses_degree: 2, rotate_method: "alltoall" } as const;
  const compiled = await compilePlan({ model, plan: "plans/flux.plan.json", parallel, out });
  expect(compiled.ok).toBe(true);
  if (!compiled.ok) return;
  const { program } = compiled.program;
  const feeds = fixture("flux/flux.img67-txt13.inputs.npz");
  const config = { kind: "split", program: out, devices: null, backend, feeds, profile: null } as const;
  const script = join(root, "dist/bench/limits/free-side.js");
  const running = await startSide({ name: "no exchange", config, script }, new AbortController().signal);
  onTestFinished(() => running.stop());
  for (let i = 0; i < 2; i += 1) {
    const { stats, outputs } = await running.run(true);
    expect(outputs).toEqual({});
    expect(stats?.steps.map(({ milliseconds }) => milliseconds.length)).toEqual(program.steps.map(() => 4));
    expect(checkedBytes(stats!, bytesByFormula(program, { img: 67, txt: 13 }))).toHaveLength(4);
  }
});
