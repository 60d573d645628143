/**
 * @file Random sharded graphs: for any order of collectives, sites, hooks and dead steps, the program computes what its steps state.
 */
import { rmSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import * as fc from "fast-check";
import { int } from "../../compiler/graph/attributes.ts";
import type { AttentionSite, ShardedGraph } from "../../compiler/shard/types.ts";
import { numbersIn, ortTensor } from "../../ort/tensors.ts";
import { builder, lowered, temporaryFolder, written } from "./build.ts";
import type { Builder } from "./build.ts";
import { interpret } from "./interpret.ts";

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One step: what it does, and which of the values before it reads. */
interface Move {
  readonly kind: "add" | "subtract" | "rank" | "all-gather" | "all-to-all" | "shift" | "inside";
  readonly a: number;
  readonly b: number;
  readonly module: string;
}
/** Values by rank. */
type Known = Map<string, readonly number[]>;

const kind = fc.constantFrom<Move["kind"]>(
  "add",
  "add",
  "subtract",
  "rank",
  "all-gather",
  "all-to-all",
  "shift",
  "inside",
);
const move = fc.record({ kind, a: fc.nat(99), b: fc.nat(99), module: fc.constantFrom("", "m", "m.n", "o") });
const mesh = fc.constantFrom([1, 1], [1, 2], [2, 1], [2, 2], [3, 1]);

/** Builds the graph and, beside it, what each rank gets. */
function build(moves: readonly Move[], [ring, ulysses]: readonly number[]): { sharded: ShardedGraph; known: Known } {
  const b = builder();
  const ranks = Array.from({ length: ring! * ulysses! }, (_, rank) => rank);
  const known: Known = new Map([[b.input("x", [1]), ranks.map(() => 3)]]);
  b.ints("rank", ["rank"]);
  const pick = (index: number): string => [...known.keys()][index % known.size]!;
  for (const [i, move] of moves.entries()) {
    const [name, left, right] = [`v${i}`, pick(move.a), pick(move.b)];
    const [x, y] = [known.get(left)!, known.get(right)!];
    const more = { module: move.module };
    if (move.kind === "rank") {
      b.local("Cast", ["rank"], [[name, [1], []]], { ...more, attributes: { to: int(1) } });
      known.set(name, ranks);
    } else if (move.kind === "add" || move.kind === "subtract" || move.kind === "inside") {
      const plus = move.kind !== "subtract";
      const site = move.kind === "inside" ? { site: "site" } : {};
      b.local(plus ? "Add" : "Sub", [left, right], [[name, [1], []]], { ...more, ...site });
      known.set(
        name,
        x.map((n, rank) => (plus ? n + y[rank]! : n - y[rank]!)),
      );
    } else addCollective(b, move, name, known, [left, right], ranks);
  }
  const outputs = [...known.keys()].slice(1).filter((_, i) => i % 3 === 0);
  const attention: AttentionSite[] = [{ node: "site", module: "", scheme: "ring", entry: null }];
  return {
    sharded: b.build({ mesh: { batch_degree: 1, ring_degree: ring!, ulysses_degree: ulysses! }, attention }, outputs),
    known,
  };
}

function addCollective(
  b: Builder,
  move: Move,
  name: string,
  known: Known,
  operands: readonly string[],
  ranks: readonly number[],
): void {
  const collective = move.kind as "all-gather" | "all-to-all" | "shift";
  const send = collective === "all-to-all" ? ranks.map((to) => operands[to % 2]!) : [operands[0]!];
  const receive = (collective === "shift" ? [0] : ranks).map((i) => b.shape(`${name}.${i}`, [1]));
  const site = move.b % 2 === 0 ? { site: "site" } : {};
  const transfers = [{ send, receive, elem: "float32" as const, dims: [1] }];
  b.collective({ collective, group: "sequence", purpose: "gather", transfers }, { module: move.module, ...site });
  const from = (rank: number, i: number): number =>
    collective === "shift" ? (rank + ranks.length - 1) % ranks.length : i;
  for (const [i, block] of receive.entries()) {
    known.set(
      block,
      ranks.map((rank) => known.get(send[collective === "all-to-all" ? rank : 0]!)![from(rank, i)]!),
    );
  }
}

test("a program computes what its steps say", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(move, { minLength: 1, maxLength: 14 }),
      mesh,
      fc.subarray(["m", "m.n", "o"]),
      async (moves, mesh, hooks) => {
        const { sharded, known } = build(moves, mesh);
        const present = hooks.filter((module) => sharded.graph.modules.has(module));
        const compiled = await written(lowered(sharded, folder, present), folder);
        const { outputs } = await interpret(compiled, { x: ortTensor("float32", [1], [3]) });
        for (const [rank, own] of outputs.entries()) {
          for (const [name, tensor] of Object.entries(own)) expect(numbersIn(tensor)[0]).toBe(known.get(name)![rank]);
        }
      },
    ),
    { numRuns: 60 },
  );
});
