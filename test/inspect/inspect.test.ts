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
});
