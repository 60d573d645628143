/**
 * @file Exchanges in place: a block that was made in the outbox is not copied into it, one that need not be kept is not copied out of it, and
 * both hold their content for as long as is promised.
 */
import { expect, test } from "vitest";
import type { World } from "../../runtime/world/world.ts";
import { range } from "./support/models.ts";
import { localWorlds } from "./support/world.ts";

const BYTES = 8;

/** Every rank sends one block to the next; gives what arrived. */
function turn(
  worlds: readonly World[],
  dataOf: (rank: number) => Uint8Array,
  keep: boolean,
): Promise<readonly Uint8Array[]> {
  const n = worlds.length;
  return Promise.all(
    worlds.map(async (world, rank) => {
      const sends = [{ to: [(rank + 1) % n], offset: 0, data: dataOf(rank) }];
      const receives = [{ from: (rank + n - 1) % n, offset: 0, bytes: BYTES, keep }];
      return (await world.exchange({ sends, receives }))[0]!;
    }),
  );
}

const filled = (value: number): Uint8Array => new Uint8Array(BYTES).fill(value);

test("a block that was made in place arrives without a copy on either side", async () => {
  const worlds = localWorlds(2, BYTES);
  const made = worlds.map((world, rank) => world.outgoing(0, BYTES)!.fill(rank + 1));
  const arrived = await turn(worlds, (rank) => made[rank]!, false);
  for (const rank of range(2)) {
    expect(arrived[rank]).toEqual(filled(2 - rank));
    expect([arrived[rank]!.buffer, arrived[rank]!.byteOffset]).toEqual([
      made[1 - rank]!.buffer,
      made[1 - rank]!.byteOffset,
    ]);
  }
});

test("what arrived in place, and what was made there, may be sent by the next exchange, and is taken by the one after it", async () => {
  const worlds = localWorlds(2, BYTES);
  const made = worlds.map((world, rank) => world.outgoing(0, BYTES)!.fill(rank + 1));
  const first = await turn(worlds, (rank) => made[rank]!, false);
  // The next block may be made at once: it has the other half.
  for (const world of worlds) world.outgoing(0, BYTES)!.fill(9);
  expect(first).toEqual([filled(2), filled(1)]);
  const second = await turn(worlds, (rank) => first[rank]!, false);
  expect(second).toEqual([filled(1), filled(2)]);
  expect(first).toEqual([filled(2), filled(1)]);
  await turn(worlds, () => filled(7), false);
  expect(first).toEqual([filled(7), filled(7)]);
});

test("what is to be kept is not touched by later exchanges", async () => {
  const worlds = localWorlds(3, BYTES);
  const kept = await turn(worlds, (rank) => filled(rank), true);
  for (const value of [7, 8, 9]) await turn(worlds, () => filled(value), false);
  expect(kept).toEqual([filled(2), filled(0), filled(1)]);
});

test("a block of no bytes has no memory", async () => {
  const [world] = localWorlds(1, 0);
  expect(world!.outgoing(0, 0)).toHaveLength(0);
  const receives = [{ from: 0, offset: 0, bytes: 0, keep: false }];
  expect(await world!.exchange({ sends: [], receives })).toEqual([new Uint8Array(0)]);
});
