/**
 * @file Values that a plan may name stay: those at the boundary of a module, marked values, graph outputs. Scopes of new nodes.
 */
import { describe, expect, test } from "vitest";
import { rewrite } from "../../../compiler/canonical/rewrites/index.ts";
import type { CanonicalGraph } from "../../../compiler/ir/types.ts";
import { pattern, type Pattern } from "./build.ts";
import { count, expectSame } from "./check.ts";
import { heads, keysLast, matMul, merge, scoresOf, split } from "./phrases.ts";

const made = (graph: CanonicalGraph): readonly string[] => graph.nodes.flatMap((n) => n.outputs);
const attentionOf = (graph: CanonicalGraph): CanonicalGraph["nodes"][number] =>
  graph.nodes.find((n) => n.op === "Attention")!;

function projected(p: Pattern): { readonly q: string; readonly k: string; readonly v: string } {
  const [q, k, v] = ["q", "k", "v"].map((name) => p.input(name, ["B", "S", 32])) as [string, string, string];
  return { q, k, v };
}

describe("scopes", () => {
  test("a new node lies in the innermost module that holds the Softmax and both products", () => {
    const p = pattern();
    const out = p.inside("block.attn", () => {
      const three = split(p);
      const weights = p.inside("block.attn.softmax", () => p.softmax(scoresOf(p, three)));
      return merge(
        p,
        p.inside("block.attn.values", () => matMul(p, weights, three.v)),
      );
    });
    const after = rewrite(p.build(out));
    expect(attentionOf(after).scope).toBe("block.attn");
  });

  test("modules whose names begin alike are not confused", () => {
    const p = pattern();
    const three = p.inside("blocks.1", () => split(p));
    const weights = p.inside("blocks.1", () => p.softmax(scoresOf(p, three)));
    const after = rewrite(p.build(p.inside("blocks.10", () => matMul(p, weights, three.v))));
    expect(attentionOf(after).scope).toBe("blocks");
  });

  test("views before a module's boundary stay, so that its input is still read", async () => {
    const p = pattern();
    const { q, k, v } = projected(p);
    const [left, right, values] = [q, k, v].map((x) => p.inside("outer", () => heads(p, x))) as [
      string,
      string,
      string,
    ];
    const out = p.inside("outer.core", () => matMul(p, p.softmax(matMul(p, left, keysLast(p, right))), values));
    const before = p.build(p.inside("outer", () => merge(p, out)));
    const after = rewrite(before);
    expect(made(after)).toEqual(expect.arrayContaining([left, right, values, out]));
    expect(count(after, "Attention")).toBe(1);
    await expectSame(before, after);
  });
});

describe("values that stay", () => {
  test("a marked value on the way to the attention is still read by it", () => {
    const p = pattern();
    const { q, k, v } = projected(p);
    const left = heads(p, q);
    const out = merge(p, matMul(p, p.softmax(matMul(p, left, keysLast(p, heads(p, k)))), heads(p, v)));
    const marker = { module: "m", side: "input", parameter: "q", index: null, value: left } as const;
    const after = rewrite({ ...p.build(out), markers: [marker] });
    expect(made(after)).toContain(left);
    expect(after.markers).toEqual([marker]);
    // The one that makes it, and the one that undoes it for the attention.
    expect(count(after, "Transpose")).toBe(2);
    expect(after.nodes.find((n) => n.inputs.includes(left))?.op).toBe("Transpose");
  });

  test.each(["scores", "weights"])("marked %s keep the Softmax", (which) => {
    const p = pattern();
    const three = split(p);
    const scores = scoresOf(p, three);
    const weights = p.softmax(scores);
    const value = which === "scores" ? scores : weights;
    const graph = p.build(merge(p, matMul(p, weights, three.v)));
    const after = rewrite({ ...graph, markers: [{ module: "m", side: "output", parameter: null, index: 0, value }] });
    expect(count(after, "Softmax")).toBe(1);
    expect(made(after)).toContain(value);
  });

  test("a result that is a graph output and read turned keeps both forms", async () => {
    const p = pattern();
    const three = split(p);
    const result = matMul(p, p.softmax(scoresOf(p, three)), three.v);
    const before = p.build(result, merge(p, result));
    const after = rewrite(before);
    expect(made(after)).toContain(result);
    expect(after.nodes.filter((n) => n.inputs.includes(result))).toHaveLength(1);
    await expectSame(before, after);
  });

  test("a turned result that is itself the output keeps its name", async () => {
    const p = pattern();
    const three = split(p);
    const before = p.build(p.transpose(matMul(p, p.softmax(scoresOf(p, three)), three.v), 0, 2, 1, 3));
    const after = rewrite(before);
    expect(after.outputs).toEqual(before.outputs);
    await expectSame(before, after);
  });

  test("several attentions in a row are all found", async () => {
    const p = pattern();
    const first = split(p);
    const once = merge(p, matMul(p, p.softmax(scoresOf(p, first)), first.v));
    const again = heads(p, once);
    const before = p.build(merge(p, matMul(p, p.softmax(matMul(p, again, keysLast(p, first.k))), first.v)));
    const after = rewrite(before);
    expect(count(after, "Attention")).toBe(2);
    expect(count(after, "Transpose")).toBe(0);
    await expectSame(before, after);
  });
});
