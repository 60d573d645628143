/**
 * @file The printed inspection of the small models of cases/models, as a user sees it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { inspectGraph } from "../../compiler/inspect/inspect.ts";
import { renderInspection } from "../../compiler/inspect/render.ts";
import { graphFrom } from "../support/language/graph.ts";

const folder = "test/bind/cases/models";
const models = readdirSync(folder).map((file) => file.slice(0, -4));
const graphOf = (model: string): ReturnType<typeof graphFrom> =>
  graphFrom(readFileSync(`${folder}/${model}.txt`, "utf8"));

describe("inspection", () => {
  test.each(models)("%s", async (model) => {
    await expect(renderInspection(inspectGraph(graphOf(model)))).toMatchFileSnapshot(`golden/inspect-${model}.txt`);
  });

  test("a pattern shows the modules that it matches and what is inside them", () => {
    const text = renderInspection(inspectGraph(graphOf("two-stream")), "transformer_blocks.*");
    const heads = text.split("\n").filter((line) => /^\w/.test(line));
    expect(heads.map((line) => line.split(" ")[0])).toEqual([
      "transformer_blocks.0",
      "transformer_blocks.0.norm1",
      "transformer_blocks.0.norm1_context",
      "transformer_blocks.0.attn",
      "transformer_blocks.1",
      "transformer_blocks.1.norm1",
      "transformer_blocks.1.norm1_context",
      "transformer_blocks.1.attn",
      "attention",
    ]);
  });

  test("a pattern that matches nothing shows nothing", () => {
    expect(renderInspection(inspectGraph(graphOf("two-stream")), "nowhere")).toBe("");
  });

  test("long extents are named once", () => {
    const text = `
      in a float32 [1, rows, columns, 4]
      x:
        b = Reshape(a) -> [1, rows*columns + rows*columns*rows, 4]
      y:
        c = Reshape(b) -> [1, rows*columns + rows*columns*rows, 4]
      out c`;
    const lines = renderInspection(inspectGraph(graphFrom(text))).split("\n");
    expect(lines.filter((line) => line.includes("L1"))).toHaveLength(5);
    expect(lines).toContain("  L1 = columns*rows*rows + columns*rows");
  });

  describe("a module that is called several times", () => {
    const text = `
const w float32 [4, 4]
const u float32 [4, 4]
in a float32 [1, rows, 4]
in b float32 [1, columns, 4]
proj:
  p = MatMul(a, w)
  q = Relu(p)
  r = MatMul(b, w)
  s = Relu(r)
pair:
  c = MatMul(q, w)
  d = MatMul(s, u)
out c
out d`;
    const { modules } = inspectGraph(graphFrom(text));
    const calls = new Map(modules.map((module) => [module.path, module]));

    test("shows the values of each call", () => {
      const proj = calls.get("proj");
      expect([proj?.calls, proj?.inputs.map(({ call }) => call), proj?.outputs.map(({ call }) => call)]).toEqual([
        2,
        [1, 2],
        [1, 2],
      ]);
      const lines = renderInspection(inspectGraph(graphFrom(text)), "proj").split("\n");
      expect(lines[0]).toBe("proj  2 calls");
      expect(lines.filter((line) => line.endsWith("; call 2"))).toHaveLength(2);
    });

    test("unlike one that works on two values with weights of their own", () => {
      const pair = calls.get("pair");
      expect([pair?.calls, pair?.inputs.map(({ call }) => call)]).toEqual([1, [null, null]]);
      expect(calls.get("")?.calls).toBe(1);
    });
  });
});
