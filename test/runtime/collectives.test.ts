/**
 * @file Moving data changes nothing: random shapes and meshes over ranks in one thread, blocks compared byte by byte.
 */
import { equalCut } from "../../program/shares.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { chunk, evaluate } from "../../compiler/expr/expr.ts";
import type { Expr } from "../../compiler/expr/expr.ts";
import type { CollectiveStep } from "../../program/types.ts";
import type { OrtTensor } from "../../ort/session.ts";
import { heapValues } from "../../ort/values.ts";
import { exchange } from "../../runtime/collectives/exchange.ts";
import { groupOf, ranksOf } from "../../program/mesh.ts";
import { placementOf } from "../../runtime/collectives/placement.ts";
import { createTable } from "../../runtime/rank/table.ts";
import { collectiveStep, names, range } from "./support/models.ts";
import { localWorlds } from "./support/world.ts";

const meshes = fc
  .record({
    batch_degree: fc.constant(1),
    ring_degree: fc.integer({ min: 1, max: 8 }),
    ulysses_degree: fc.integer({ min: 1, max: 8 }),
  })
  .filter((mesh) => ranksOf(mesh) <= 8);
const groups = fc.constantFrom<CollectiveStep["group"]>("sequence", "ulysses", "ring");
const extents = fc.integer({ min: 0, max: 13 });
const elems = fc.constantFrom("float32", "int64", "bool", "float16");

type Mesh = { readonly batch_degree: 1; readonly ring_degree: number; readonly ulysses_degree: number };
type Values = Map<string, OrtTensor>;

/** A tensor whose every byte says who made it. */
function filled(elem: string, dims: readonly number[], seed: number): OrtTensor {
  const size = dims.reduce((a, b) => a * b, 1);
  const types = { float32: Float32Array, int64: BigInt64Array, bool: Uint8Array, float16: Uint16Array } as const;
  const data = new types[elem as keyof typeof types](size);
  new Uint8Array(data.buffer).forEach((_, i, bytes) => (bytes[i] = (seed * 37 + i * 11) % 251));
  return { elem: elem as OrtTensor["elem"], dims, data };
}

/** One exchange on every rank of the mesh, over one world. */
async function onAllRanks(
  mesh: Mesh,
  steps: readonly CollectiveStep[],
  lengths: Record<string, number>,
  values: readonly Values[],
  keep = true,
): Promise<readonly number[]> {
  const placements = steps.map((step) => values.map((_, rank) => placementOf(step, rank, mesh, lengths, equalCut)));
  const largest = Math.max(...placements.flat().map(({ outbox }) => outbox));
  const worlds = localWorlds(values.length, largest);
  await Promise.all(
    worlds.map(async (world, rank) => {
      const table = createTable();
      const { hold } = heapValues;
      for (const [name, tensor] of values[rank]!) table.set(name, hold(tensor));
      for (const [i, step] of steps.entries()) {
        await exchange(world, step, placements[i]![rank]!, { table, hold, keep: () => keep });
        for (const name of step.transfers.flatMap(({ receive }) => receive)) {
          values[rank]!.set(name, table.get(name).tensor());
        }
      }
    }),
  );
  return values.map((_, rank) => placements.reduce((sum, each) => sum + each[rank]!.sent, 0));
}

test("all-to-all there and back is the identity, and its bytes are those of the blocks for others", async () => {
  await fc.assert(
    fc.asyncProperty(meshes, groups, elems, extents, extents, extents, async (mesh, group, elem, s, h, d) => {
      const members = (rank: number): readonly number[] => groupOf(group, rank, mesh);
      const n = members(0).length;
      // The index of a flat rank inside its group, as the program's expressions say it.
      const index = (who: string): Expr =>
        group === "sequence"
          ? who
          : group === "ulysses"
            ? ["%", who, mesh.ulysses_degree]
            : ["//", who, mesh.ulysses_degree];
      const there = collectiveStep({
        name: "there",
        collective: "all-to-all",
        group,
        transfers: [
          {
            send: names("a", n),
            receive: names("b", n),
            elem,
            dims: [chunk("sequence", "s", n, index("rank")), chunk("ulysses", "h", n, index("peer")), d],
          },
        ],
      });
      const back = collectiveStep({
        name: "back",
        collective: "all-to-all",
        group,
        transfers: [
          {
            send: names("b", n),
            receive: names("c", n),
            elem,
            dims: [chunk("sequence", "s", n, index("peer")), chunk("ulysses", "h", n, index("rank")), d],
          },
        ],
      });
      const lengths = { s, h };
      const size = ranksOf(mesh);
      const dims = (rank: number, peer: number): number[] =>
        there.transfers[0]!.dims.map((dim) => evaluate(dim, { ...lengths, rank, peer }, equalCut));
      const values = range(size).map(
        (rank): Values =>
          new Map(members(rank).map((peer, slot) => [`a${slot}`, filled(elem, dims(rank, peer), rank * 8 + slot)])),
      );
      const sent = await onAllRanks(mesh, [there, back], lengths, values);
      for (const [rank, all] of values.entries()) {
        members(rank).forEach((peer, slot) => {
          expect(all.get(`c${slot}`)).toEqual(all.get(`a${slot}`));
          expect(all.get(`b${slot}`)).toEqual(values[peer]!.get(`a${members(peer).indexOf(rank)}`));
        });
        const others = members(rank).filter((peer) => peer !== rank);
        const bytes = others.flatMap((peer) => [
          all.get(`a${members(rank).indexOf(peer)}`)!,
          all.get(`b${members(rank).indexOf(peer)}`)!,
        ]);
        expect(sent[rank]).toBe(bytes.reduce((sum, { data }) => sum + data.byteLength, 0));
      }
    }),
  );
});

test("split, then gather, gives every rank of the group every block, bit by bit", async () => {
  await fc.assert(
    fc.asyncProperty(meshes, groups, elems, extents, extents, async (mesh, group, elem, s, d) => {
      const size = ranksOf(mesh);
      const n = groupOf(group, 0, mesh).length;
      const step = collectiveStep({
        name: "gather",
        collective: "all-gather",
        group,
        transfers: [
          { send: ["a"], receive: names("b", n), elem, dims: [chunk("sequence", "s", size, "rank"), d] },
          { send: ["k"], receive: names("l", n), elem: "int64", dims: [2] },
        ],
      });
      const values = range(size).map(
        (rank): Values =>
          new Map([
            ["a", filled(elem, [evaluate(chunk("sequence", s, size, rank), {}, equalCut), d], rank)],
            ["k", filled("int64", [2], rank + 100)],
          ]),
      );
      const sent = await onAllRanks(mesh, [step], { s }, values);
      for (const [rank, all] of values.entries()) {
        groupOf(group, rank, mesh).forEach((from, slot) => {
          expect(all.get(`b${slot}`)).toEqual(values[from]!.get("a"));
          expect(all.get(`l${slot}`)).toEqual(values[from]!.get("k"));
        });
        expect(sent[rank]).toBe((all.get("a")!.data.byteLength + 16) * (n - 1));
      }
    }),
  );
});

test("shifting as often as there are members brings every block home", async () => {
  await fc.assert(
    fc.asyncProperty(meshes, groups, extents, async (mesh, group, d) => {
      const size = ranksOf(mesh);
      const n = groupOf(group, 0, mesh).length;
      const values = range(size).map((rank): Values => new Map([["k0", filled("float32", [d + 1], rank)]]));
      const steps = range(n).map((i) =>
        collectiveStep({
          name: `turn${i}`,
          collective: "shift",
          group,
          transfers: [{ send: [`k${i}`], receive: [`k${i + 1}`], elem: "float32", dims: [d + 1] }],
        }),
      );
      const sent = await onAllRanks(mesh, steps, {}, values);
      for (const [rank, all] of values.entries()) {
        expect(all.get(`k${n}`)).toEqual(all.get("k0"));
        const members = groupOf(group, rank, mesh);
        const before = members[(members.indexOf(rank) + n - 1) % n]!;
        expect(all.get("k1")).toEqual(values[before]!.get("k0"));
        expect(sent[rank]).toBe(n === 1 ? 0 : n * (d + 1) * 4);
      }
    }),
  );
});

test("the members of each group on a 2 x 3 mesh", () => {
  const mesh = { batch_degree: 1, ring_degree: 2, ulysses_degree: 3 };
  expect(range(6).map((rank) => groupOf("sequence", rank, mesh))).toEqual(range(6).map(() => [0, 1, 2, 3, 4, 5]));
  expect(range(6).map((rank) => groupOf("ulysses", rank, mesh))).toEqual([
    [0, 1, 2],
    [0, 1, 2],
    [0, 1, 2],
    [3, 4, 5],
    [3, 4, 5],
    [3, 4, 5],
  ]);
  expect(range(6).map((rank) => groupOf("ring", rank, mesh))).toEqual([
    [0, 3],
    [1, 4],
    [2, 5],
    [0, 3],
    [1, 4],
    [2, 5],
  ]);
});

test("a block that stays is the same tensor, not a copy", async () => {
  const step = collectiveStep({
    name: "gather",
    collective: "all-gather",
    group: "sequence",
    transfers: [{ send: ["a"], receive: ["b"], elem: "float32", dims: [4] }],
  });
  const values: Values = new Map([["a", filled("float32", [4], 1)]]);
  expect(await onAllRanks({ batch_degree: 1, ring_degree: 1, ulysses_degree: 1 }, [step], {}, [values])).toEqual([0]);
  expect(values.get("b")).toBe(values.get("a"));
});
