/**
 * @file What crosses the boundaries of modules, and where values come from.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { boundariesOf, type Boundary } from "../../compiler/bind/boundaries/boundaries.ts";
import { graphFrom } from "../support/language/graph.ts";

const modelOf = (name: string): string => readFileSync(`test/bind/cases/models/${name}.txt`, "utf8");
const names = (boundaries: readonly Boundary[]): readonly string[] => boundaries.map(({ value }) => value);

describe("boundaries", () => {
  const { of } = boundariesOf(graphFrom(modelOf("two-stream")));

  test("inputs are read from outside, without constants, in order of use", () => {
    expect(names(of("transformer_blocks.0").inputs)).toEqual(["temb", "img", "txt", "cos", "sin"]);
    expect(names(of("transformer_blocks.1").inputs)).toEqual(["img0", "silu", "txt0", "cos4", "sin4"]);
  });

  test("outputs are read outside; shared subexpressions are read inside too", () => {
    const { outputs } = of("transformer_blocks.0");
    expect(outputs.map((b) => `${b.value} ${b.isReadInside}`)).toEqual([
      "silu true",
      "cos4 true",
      "sin4 true",
      "img0 false",
      "txt0 false",
    ]);
  });

  test("the root's are the model's own", () => {
    expect(names(of("").inputs)).toEqual(["hidden_states", "encoder_hidden_states", "timestep", "img_ids", "txt_ids"]);
    expect(names(of("").outputs)).toEqual(["sample"]);
  });

  test("integers made from lengths cross no boundary", () => {
    const video = boundariesOf(graphFrom(modelOf("video")));
    expect(names(video.of("blocks.0").inputs)).not.toContain("tokens");
    expect(names(video.of("time_embed").inputs)).toEqual(["timestep"]);
  });

  test("a module without nodes has none", () => expect(of("nowhere")).toEqual({ inputs: [], outputs: [] }));
});

describe("lineage", () => {
  const ownersIn = (text: string, module: string): Record<string, string | null> =>
    Object.fromEntries(
      boundariesOf(graphFrom(text))
        .of(module)
        .inputs.map((b) => [b.value, b.owner]),
    );

  test("a state keeps its owner through blocks that mix it with others", () => {
    const owners = ownersIn(modelOf("two-stream"), "transformer_blocks.1");
    expect(owners).toMatchObject({ img0: "hidden_states", txt0: "encoder_hidden_states", cos4: null });
  });

  test("numbers are no content", () => {
    const text = `
      in x float32 [1, n, 4]
      in y float32 [1, m, 4]
      s = Shape(y) -> int64 [3]
      a = Reshape(x, s)
      b = Slice(x, s, s)
      f = cp.Fill(s) -> float32 [1, n, 4]
      c = Add(b, f)
      m:
        out = MatMul(a, c)
      out out`;
    const { inputs } = boundariesOf(graphFrom(text)).of("m");
    expect(inputs.map((b) => [...b.ancestors])).toEqual([["x"], ["x"]]);
  });

  test.each([
    ["a modulation keeps it", "v = Mul(h, t) -> [1, n, 4]", "x"],
    ["a norm keeps it", "v = LayerNormalization(h)", "x"],
    ["a projection ends it", "v = MatMul(h, h) -> [1, n, 4]", null],
    ["a product of equals ends it", "v = Mul(h, u) -> [1, n, 4]", null],
    ["a sum of two states has none", "v = Add(h, k) -> [1, n, 4]", null],
  ])("%s", (_, line, owner) => {
    const text = `
      in x float32 [1, n, 4]
      in y float32 [1, n, 4]
      in t0 float32 [1, 1, 4]
      const w float32 [4, 4]
      u0 = Mul(x, y) -> [1, n, 4]
      t = Mul(t0, u0) -> [1, 1, 4]
      u = MatMul(u0, w)
      h = Add(x, u)
      k = Add(y, u)
      ${line}
      m:
        out = Relu(v)
      out out`;
    expect(ownersIn(text, "m")).toEqual({ v: owner });
  });

  test("shift and scale of every token are no states of what they act on", () => {
    const text = `
      in x float32 [1, n, 4]
      in timestep float32 [1, n, 8]
      const w float32 [4, 4]
      shift, scale = Split(timestep) -> each [1, n, 4]
      norm = LayerNormalization(x)
      scaled = Mul(norm, scale)
      shifted = Add(scaled, shift)
      block:
        out = MatMul(shifted, w)
      out out`;
    expect(ownersIn(text, "block")).toEqual({ shifted: null });
  });

  test("a residual branch may begin before the last addition", () => {
    const text = `
      in x float32 [1, n, 4]
      in y float32 [1, n, 4]
      const w float32 [4, 4]
      h0 = MatMul(x, w)
      mixed = Concat(h0, y) -> [1, 2*n, 4]
      branch = MatMul(mixed, w) -> [1, n, 4]
      h1 = Add(h0, branch)
      norm = LayerNormalization(h0)
      other = Mul(norm, y)
      parallel = MatMul(other, w)
      h2 = Add(h1, parallel)
      foreign = Mul(y, parallel)
      block:
        out = Max(h2, foreign)
      out out`;
    expect(ownersIn(text, "block")).toEqual({ h2: "x", foreign: null });
  });

  test("a chain of any length is no problem", () => {
    const steps = Array.from({ length: 12_000 }, (_, i) => `v${i + 1} = Add(v${i}, v${i})`);
    const text = ["in v0 float32 [1, n]", ...steps, "m:", "out = Relu(v12000)", "out out"].join("\n");
    expect(ownersIn(text, "m")).toEqual({ v12000: "v0" });
  });
});
