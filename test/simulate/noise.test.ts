/**
 * @file How large the noise is by which rounding is judged, and what a single number may differ by.
 */
import { expect, test } from "vitest";
import { elemCode } from "../../compiler/graph/elements.ts";
import type { ElemType } from "../../compiler/graph/types.ts";
import { spreadsOf } from "../../compiler/simulate/noise.ts";
import type { Spread } from "../../compiler/simulate/types.ts";
import { ortTensor } from "../../ort/tensors.ts";
import { graphFrom } from "../support/language/graph.ts";

/** How far `y`, the input as another type, moves. */
async function spreadOf(elem: ElemType, numbers: readonly number[]): Promise<Spread> {
  const graph = graphFrom(`
in x float32 [${numbers.length}]
"":
  half = Cast(x) {to=${elemCode(elem)}}
  y = Cast(half) {to=${elemCode("float32")}}
out y
`);
  const x = ortTensor("float32", [numbers.length], numbers);
  const spreads = await spreadsOf(graph, { x }, {}, new Set(["y"]), new Map([["y", x]]));
  return spreads.get("y")!;
}

test("a model that computes in half precision has noise that half precision holds, also behind inputs of float32", async () => {
  expect((await spreadOf("float16", [1, 2, 4])).moves).toBeGreaterThan(1e-3);
  expect((await spreadOf("float64", [1, 2, 4])).moves).toBeLessThan(1e-5);
});

test("one number deviates by itself", async () => {
  expect(await spreadOf("float64", [-3])).toMatchObject({ deviation: 3 });
  expect(await spreadOf("float64", [3, 3])).toMatchObject({ deviation: 0 });
});
