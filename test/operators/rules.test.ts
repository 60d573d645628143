/**
 * @file Every operator rule against onnxruntime: the inferred shapes, and for every operand axis that either the split program gives the
 * same result for 2 and 3 ranks, or the split is refused. The golden file records which; a changed rule changes it.
 */
import { describe, expect, it } from "vitest";
import { CP_OPERATORS, MICROSOFT_OPERATORS, OPERATORS } from "../../compiler/operators/table.ts";
import { CASES, splitsOf, wrongShape } from "./check.ts";
import { SAMPLES } from "./samples.ts";
import { CP_SAMPLES, MICROSOFT_SAMPLES } from "./samples-own.ts";

describe("operator rules", () => {
  it.each([
    [SAMPLES, OPERATORS],
    [CP_SAMPLES, CP_OPERATORS],
    [MICROSOFT_SAMPLES, MICROSOFT_OPERATORS],
  ] as const)("have a sample each", (samples, table) => {
    expect(Object.keys(samples).sort()).toEqual(Object.keys(table).sort());
    expect(Object.entries(samples).filter(([, list]) => list.length === 0)).toEqual([]);
  });

  const seen = new Map<string, readonly string[]>();

  it.each(CASES.map((c) => [c.name, c] as const))(
    "%s: shapes are those of onnxruntime, splits are exact or refused",
    async (name, sample) => {
      expect(await wrongShape(sample)).toBeNull();
      seen.set(name, await splitsOf(sample));
    },
  );

  it("split what the golden file says", async () => {
    const text = [...seen].flatMap(([name, lines]) => [name, ...lines]).join("\n");
    await expect(`${text}\n`).toMatchFileSnapshot("rules.golden.txt");
  });
});
