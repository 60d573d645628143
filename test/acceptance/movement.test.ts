/**
 * @file Data movement is lossless: tokens that are split, exchanged for heads, attended, and put back are bitwise unchanged, for random
 * shapes, segments and meshes. Attention selects each token's own value exactly, so any different bit shows a misplaced token.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { CanonicalGraph } from "../../compiler/ir/types.ts";
import { CP } from "../../compiler/ir/types.ts";
import { add } from "../../compiler/expr/expr.ts";
import type { Expr } from "../../compiler/expr/expr.ts";
import { int } from "../../compiler/graph/attributes.ts";
import { readPlanValue } from "../../compiler/plan/read.ts";
import type { MeshConfig } from "../../compiler/plan/types.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { ortTensor } from "../../ort/tensors.ts";
import type { OrtTensors } from "../../ort/types.ts";
import { valueOf } from "../support/fixtures.ts";
import { canonical, canonicalNode, noise, shape } from "../support/graphs.ts";
import { bindPlan, shard } from "../support/stages.ts";

const exactly = { tolerance: { absolute: 0, relative: 0 } };

interface Case {
  readonly ring: number;
  readonly ulysses: number;
  readonly rotate: MeshConfig["rotate_method"];
  readonly batch: number;
  readonly heads: number;
  /** Rows of each stream that is laid into the joint one. */
  readonly streams: readonly number[];
  /** Extents before and after the split axis. */
  readonly around: readonly [readonly number[], readonly number[]];
}

const anyMesh = fc.record({
  degrees: fc.constantFrom(
    [1, 1],
    [1, 2],
    [1, 3],
    [1, 8],
    [2, 1],
    [3, 1],
    [5, 1],
    [7, 1],
    [8, 1],
    [2, 2],
    [2, 3],
    [4, 2],
  ),
  rotate: fc.constantFrom("allgather" as const, "alltoall" as const),
});

const anyCase = anyMesh.chain(({ degrees: [ring = 1, ulysses = 1], rotate }) =>
  fc.record({
    ring: fc.constant(ring),
    ulysses: fc.constant(ulysses),
    rotate: fc.constant(rotate),
    batch: fc.integer({ min: 1, max: 2 }),
    heads: fc.integer({ min: ulysses, max: ulysses + 3 }),
    streams: fc.array(fc.integer({ min: ring * ulysses, max: 4 * ring * ulysses + 3 }), { minLength: 1, maxLength: 3 }),
    around: fc.tuple(
      fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
      fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
    ),
  }),
);

/** Every stream split, all joined, `through` what is given, and gathered; every value bit-equal to the unsplit one. */
async function moved(graph: CanonicalGraph, axis: number, given: Case, feeds: OrtTensors): Promise<number> {
  const inputs = Object.fromEntries(graph.inputs.map(({ name }) => [name, { split_dim: axis }]));
  const plan = valueOf(readPlanValue({ "": [inputs, { gather_dim: axis }] }));
  const mesh = { batch_degree: 1, ring_degree: given.ring, ulysses_degree: given.ulysses };
  const options = { mesh, rotate_method: given.rotate, convert_to_fp32: true };
  const report = valueOf(await simulate(valueOf(shard(valueOf(bindPlan(graph, plan)), options)), feeds, exactly));
  expect(report).toMatchObject({ wrong: null, unchecked: [] });
  expect(report.differences.get("out")).toBe(0);
  return report.compared;
}

test("split, joined and gathered along any axis", async () => {
  const run = async (given: Case): Promise<void> => {
    const [before, after] = given.around;
    const names = given.streams.map((_, i) => `s${i}`);
    const dims = (length: Expr): readonly Expr[] => [...before, length, ...after];
    const total = add(0, ...names);
    const graph = canonical({
      inputs: Object.fromEntries(names.map((name) => [`x${name}`, shape("float32", ...dims(name))])),
      outputs: ["out"],
      nodes: [
        canonicalNode(
          "Concat",
          names.map((name) => `x${name}`),
          ["joint"],
          { attributes: { axis: int(before.length) } },
        ),
        canonicalNode("Neg", ["joint"], ["out"]),
      ],
      shapes: { joint: shape("float32", ...dims(total)), out: shape("float32", ...dims(total)) },
    });
    const feeds = given.streams.map((length, i) => [`xs${i}`, tokens([...before, length, ...after], i)] as const);
    expect(await moved(graph, before.length, given, Object.fromEntries(feeds))).toBeGreaterThan(names.length);
  };
  await fc.assert(fc.asyncProperty(anyCase, run), { numRuns: 40, seed: 7 });
});

test("rows to heads and back, or round a ring, or both", async () => {
  const run = async (given: Case): Promise<void> => {
    const { batch, heads, streams } = given;
    const names = streams.map((_, i) => `s${i}`);
    const dims = (length: Expr): readonly Expr[] => [batch, length, heads, SIZE];
    const total = add(0, ...names);
    const of = (kind: string): readonly string[] => names.map((name) => `${kind}${name}`);
    const join = (kind: string) => canonicalNode("Concat", of(kind), [kind], { attributes: { axis: int(1) } });
    const wide = shape("float32", ...dims(total));
    const graph = canonical({
      inputs: Object.fromEntries(
        ["q", "k", "v"].flatMap((kind) => names.map((name) => [`${kind}${name}`, shape("float32", ...dims(name))])),
      ),
      outputs: ["out"],
      nodes: [
        ...["q", "k", "v"].map(join),
        canonicalNode("Attention", ["q", "k", "v"], ["attended"], {
          domain: CP,
          attributes: { scale: { kind: "float", value: 1 }, nan_to_zero: int(0), causal: int(0) },
          scope: "attn",
        }),
        canonicalNode("Neg", ["attended"], ["out"]),
      ],
      shapes: { q: wide, k: wide, v: wide, attended: wide, out: wide },
    });
    const feeds = Object.fromEntries(
      streams.flatMap((length, i) => {
        const before = streams.slice(0, i).reduce((a, b) => a + b, 0);
        const own = [batch, length, heads, SIZE];
        return [
          [`qs${i}`, addresses(own, before)] as const,
          [`ks${i}`, addresses(own, before)] as const,
          [`vs${i}`, tokens(own, i)] as const,
        ];
      }),
    );
    expect(await moved(graph, 1, given, feeds)).toBeGreaterThan(4);
  };
  await fc.assert(fc.asyncProperty(anyCase, run), { numRuns: 40, seed: 7 });
});

/** Bits of a row's address, and elements of a head. */
const SIZE = 8;

/**
 * Row i as the signs of i's bits, times 24: the logit of two rows is greatest where they are the same, by at least 1152, so that
 * every other weight is exactly 0.
 */
function addresses(dims: readonly number[], before: number): ReturnType<typeof ortTensor> {
  const [batch = 0, length = 0, heads = 0, size = 0] = dims;
  const numbers: number[] = [];
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < length; i++) {
      for (let h = 0; h < heads; h++) {
        for (let d = 0; d < size; d++) numbers.push(((before + i) >> d) & 1 ? 24 : -24);
      }
    }
  }
  return ortTensor("float32", dims, numbers);
}

function tokens(dims: readonly number[], seed: number): ReturnType<typeof ortTensor> {
  return ortTensor(
    "float32",
    dims,
    noise(
      seed + 3,
      dims.reduce((a, b) => a * b, 1),
    ),
  );
}
