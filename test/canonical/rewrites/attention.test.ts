/**
 * @file Every spelling of attention becomes one `cp.Attention` with the right operands, and gives the same numbers.
 */
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { rewrite } from "../../../compiler/canonical/rewrites/index.ts";
import { printGraph } from "../../../compiler/ir/print.ts";
import type { CanonicalGraph } from "../../../compiler/ir/types.ts";
import { pattern } from "./build.ts";
import { count, expectSame, operandsOf } from "./check.ts";
import { layouts } from "./layouts.ts";
import { operators } from "./operators.ts";
import { spellings, type Spelling } from "./spellings.ts";

const attributesOf = (graph: CanonicalGraph): string => {
  const { scale, nan_to_zero, causal, softcap } = graph.nodes.find((n) => n.op === "Attention")!.attributes;
  const number = (a: typeof scale): number => (a?.kind === "float" || a?.kind === "int" ? a.value : Number.NaN);
  return `${Number(number(scale).toPrecision(6))} ${number(nan_to_zero)} ${number(causal)}${softcap ? ` ${number(softcap)}` : ""}`;
};

interface Rewritten {
  readonly before: CanonicalGraph;
  readonly after: CanonicalGraph;
}

function rewritten({ write }: Spelling, opset: number): Rewritten {
  const p = pattern(opset);
  const before = p.build(...write(p));
  return { before, after: rewrite(before) };
}

const fileOf = (name: string): string => `${name.replaceAll(/[^A-Za-z]+/g, "-")}.txt`;

test("every golden file belongs to a case", () => {
  const names = [spellings, layouts, operators].flatMap((cases) => Object.keys(cases));
  const files = readdirSync(new URL("golden", import.meta.url)).filter((file) => !file.startsWith("scatter-"));
  expect(files.sort()).toEqual(names.map(fileOf).sort());
});

describe.each([
  ["in parts", Object.entries(spellings), 18],
  ["on other layouts", Object.entries(layouts), 18],
  ["as an operator", Object.entries(operators), 23],
] as const)("attention %s", (_, cases, opset) => {
  test.each(cases)("%s", async (name, spelling) => {
    const { before, after } = rewritten(spelling, opset);
    expect(operandsOf(after)).toEqual(spelling.operands);
    expect(attributesOf(after)).toBe(spelling.attributes ?? "0.353553 0 0");
    expect(count(after, "Softmax")).toBe(0);
    expect(count(after, "Transpose")).toBe(spelling.transposes ?? 0);
    await expect(printGraph(after)).toMatchFileSnapshot(`golden/${fileOf(name)}`);
    await expectSame(before, after);
  });
});
