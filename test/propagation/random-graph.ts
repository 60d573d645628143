/**
 * @file Random small models with a random plan, mesh and lengths: two streams, a whole table and ids as feeds, then a sequence of moves.
 * Derived from numbers alone, so a failing case shrinks by dropping moves.
 */
import * as fc from "fast-check";
import type { Dim, Graph } from "../../compiler/graph/types.ts";
import type { MeshConfig } from "../../compiler/plan/types.ts";
import type { OrtTensors } from "../../ort/types.ts";
import { ortTensor } from "../../ort/tensors.ts";
import { random } from "../support/graphs.ts";
import { emit, graphOf, picker, type Draft, type Value } from "./draft.ts";
import { COMPUTE_MOVES } from "./moves-compute.ts";
import { JOIN_MOVES } from "./moves-join.ts";
import { LENGTH_MOVES } from "./moves-lengths.ts";
import { MORE_MOVES } from "./moves-more.ts";
import { PLACE_MOVES } from "./moves-places.ts";
import { PRODUCT_MOVES } from "./moves-products.ts";
import { ROW_MOVES } from "./moves-rows.ts";
import { SHAPE_MOVES } from "./moves-shape.ts";

const MOVES = {
  ...SHAPE_MOVES,
  ...JOIN_MOVES,
  ...COMPUTE_MOVES,
  ...LENGTH_MOVES,
  ...MORE_MOVES,
  ...PRODUCT_MOVES,
  ...PLACE_MOVES,
  ...ROW_MOVES,
};

/** How often a move comes, where that is not once in a round. */
const WEIGHTS: Readonly<Record<string, number>> = {
  unary: 2,
  withParameter: 2,
  withValue: 3,
  project: 4,
  attention: 2,
  normalise: 2,
  halves: 2,
};

const BAG = Object.keys(MOVES).flatMap((name) => Array<string>(WEIGHTS[name] ?? 1).fill(name));

export interface Seed {
  readonly s: number;
  readonly t: number;
  readonly fixed: boolean;
  readonly tail: readonly number[];
  readonly moves: readonly { readonly move: string; readonly choices: readonly number[] }[];
  readonly plan: number;
  readonly mesh: MeshConfig;
}

export interface RandomCase {
  readonly graph: Graph;
  readonly feeds: OrtTensors;
  readonly splits: Readonly<Record<string, number>>;
  readonly mesh: MeshConfig;
  readonly moves: readonly string[];
  /** Whether the plan gathers the keys and values of every attention. */
  readonly gather: boolean;
}

const mesh: fc.Arbitrary<MeshConfig> = fc
  .constantFrom([1, 1], [1, 2], [2, 1], [1, 3], [3, 1], [2, 2], [1, 4])
  .chain(([ring_degree, ulysses_degree]) =>
    fc.record({
      batch_degree: fc.constant(1),
      ring_degree: fc.constant(ring_degree!),
      ulysses_degree: fc.constant(ulysses_degree!),
      rotate_method: fc.constantFrom("allgather", "alltoall"),
      convert_to_fp32: fc.constant(true),
    }),
  );

export function seeds(maxMoves: number): fc.Arbitrary<Seed> {
  return fc.record({
    s: fc.integer({ min: 4, max: 9 }),
    t: fc.integer({ min: 4, max: 7 }),
    fixed: fc.boolean(),
    tail: fc.array(fc.nat(9999), { minLength: 1, maxLength: 1 }),
    moves: fc.array(
      fc.record({ move: fc.constantFrom(...BAG), choices: fc.array(fc.nat(9999), { minLength: 8, maxLength: 8 }) }),
      { minLength: 3, maxLength: maxMoves },
    ),
    plan: fc.nat(9),
    mesh,
  });
}

/** The feeds: x (4, s, 6), y (4, t, 6), ids (s) and a table (p, 6) with as many rows as x under a name of its own. */
function start({ s, t, fixed }: Seed): { draft: Draft; feeds: OrtTensors } {
  const named = (name: string, size: number): Dim => (fixed ? size : name);
  const shapes: Readonly<Record<string, readonly [readonly Dim[], readonly number[]]>> = {
    x: [
      [4, named("s", s), 6],
      [4, s, 6],
    ],
    y: [
      [4, named("t", t), 6],
      [4, t, 6],
    ],
    table: [
      [named("p", s), 6],
      [s, 6],
    ],
  };
  const draft: Draft = {
    inputs: Object.entries(shapes).map(([name, [dims]]) => ({ name, type: { elem: "float32", dims } })),
    nodes: [],
    constants: new Map(),
    values: [],
    sizes: fixed ? {} : { s, t, p: s },
    count: 0,
  };
  draft.inputs.push({ name: "ids", type: { elem: "int64", dims: [named("s", s)] } });
  for (const [name, [dims]] of Object.entries(shapes)) {
    draft.values.unshift({ name, elem: "float32", dims: dims as Value["dims"] });
  }
  const feeds = Object.fromEntries(Object.entries(shapes).map(([name, [, sizes]], i) => [name, random(i + 1, sizes)]));
  const ids = ortTensor(
    "int64",
    [s],
    Array.from({ length: s }, (_, i) => (i * 7) % 4),
  );
  return { draft, feeds: { ...feeds, ids } };
}

/** Plans: one stream split on one axis, or both, or more. */
const PLANS: readonly Readonly<Record<string, number>>[] = [
  { x: 1 },
  { x: 1, y: 1 },
  { x: 1, y: 1, table: 0, ids: 0 },
  { x: 1, ids: 0 },
  { x: 0 },
  { x: 0, y: 0 },
  { y: 1 },
  { x: 1, y: 1 },
  { x: 2 },
  { x: 1, table: 0 },
];

export function caseOf(seed: Seed): RandomCase {
  const { draft, feeds } = start(seed);
  const used: string[] = [];
  for (const { move, choices } of seed.moves) {
    const made = MOVES[move]!(draft, picker(choices));
    if (made === null || made.dims.length > 6) continue;
    used.push(move);
    draft.values.push(made);
  }
  const outputs = unread(draft, 1 + picker(seed.tail).below(4)).map((v) => emit(draft, "Identity", [v], v.dims));
  const gather = picker(seed.tail).below(2) === 1;
  return { graph: graphOf(draft, outputs), feeds, splits: PLANS[seed.plan]!, mesh: seed.mesh, moves: used, gather };
}

/** The latest values that no node reads. */
function unread({ nodes, values }: Draft, count: number): readonly Value[] {
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  return values.filter(({ name }) => !read.has(name)).slice(-count);
}
