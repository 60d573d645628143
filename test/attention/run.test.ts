/**
 * @file The family on worker threads: the unsplit outputs, and every collective with the bytes that the scheme needs and no others.
 */
import { equalCut } from "../../program/shares.ts";
import { expect, test } from "vitest";
import { chunk, evaluate } from "../../compiler/expr/expr.ts";
import { run } from "./cell.ts";
import { gathering, rotating, ulysses, withMember } from "./exact.ts";
import { JOINT, type FamilyMember } from "./family.ts";
import { feedsOf, type Sizes } from "./samples.ts";
import { schemeName, type Scheme } from "./schemes.ts";

const UNEVEN: Sizes = { batch: 2, img: 13, txt: 10 };
const FLOAT = 4;
/** Channels of the outputs. */
const RESULT = 5;

interface Moved {
  readonly purpose: string;
  readonly collective: string;
  /** By rank. */
  readonly bytes: readonly number[];
}

const chunkOf = (length: number, count: number, i: number): number =>
  evaluate(chunk("sequence", length, count, i), {}, equalCut);

/** What a scheme must move, written down from its meaning: rows of both streams, heads of keys and of queries with their group. */
function collectivesOf(
  { ring, ulysses: members, rotate }: Scheme,
  { heads: [h, hk], size: [d, dv] }: FamilyMember,
  { batch, img, txt }: Sizes,
): readonly Moved[] {
  const ranks = Array.from({ length: ring * members }, (_, rank) => rank);
  const rows = (rank: number): number => chunkOf(img, ranks.length, rank) + chunkOf(txt, ranks.length, rank);
  const groupRows = (group: number): number =>
    ranks.slice(group * members, (group + 1) * members).reduce((sum, rank) => sum + rows(rank), 0);
  const keyHeads = (rank: number): number => chunkOf(hk, members, rank % members);
  const queryHeads = (rank: number): number => keyHeads(rank) * (h / hk);
  const made = (purpose: string, collective: string, count: (rank: number) => number): Moved => ({
    purpose,
    collective,
    bytes: ranks.map((rank) => count(rank) * batch * FLOAT),
  });
  const group = (rank: number): number => Math.floor(rank / members);
  const keys = (rank: number, step: number): number =>
    groupRows((group(rank) + ring - step) % ring) * keyHeads(rank) * (d + dv);
  const inside =
    members === 1
      ? []
      : [
          made(
            "ulysses in",
            "all-to-all",
            (rank) => rows(rank) * ((h - queryHeads(rank)) * d + (hk - keyHeads(rank)) * (d + dv)),
          ),
        ];
  const around =
    ring === 1
      ? []
      : rotate === "allgather"
        ? [made("ring", "all-gather", (rank) => keys(rank, 0) * (ring - 1))]
        : Array.from({ length: ring - 1 }, (_, step) => made("ring", "shift", (rank) => keys(rank, step)));
  const back =
    members === 1
      ? []
      : [made("ulysses out", "all-to-all", (rank) => (groupRows(group(rank)) - rows(rank)) * queryHeads(rank) * dv)];
  const gathers = [img, txt].map((length) =>
    made("gather", "all-gather", (rank) => chunkOf(length, ranks.length, rank) * RESULT * (ranks.length - 1)),
  );
  return [...inside, ...around, ...back, ...gathers];
}

const cases: readonly (readonly [Scheme, Partial<FamilyMember>, Sizes])[] = [
  [ulysses(2), { mask: "text" }, UNEVEN],
  [ulysses(3), { mask: "heads", size: [4, 6] }, UNEVEN],
  [ulysses(4), { heads: [12, 6], mask: "batch, heads", causal: true }, UNEVEN],
  [gathering(3), { mask: "boolean rows x keys", heads: [8, 2] }, UNEVEN],
  [rotating(2), {}, UNEVEN],
  [rotating(3), { mask: "text", causal: true }, UNEVEN],
  [rotating(4), { mask: "additive rows x keys", heads: [8, 1], size: [4, 6] }, { batch: 1, img: 24, txt: 16 }],
  [gathering(2, 3), { mask: "text", heads: [8, 4] }, UNEVEN],
  [rotating(2, 3), { mask: "heads", heads: [8, 4] }, UNEVEN],
  [rotating(2, 2), { mask: "batch, heads", causal: true }, UNEVEN],
  [ulysses(8), { mask: "text" }, UNEVEN],
  [rotating(8), { mask: "one row for all" }, UNEVEN],
  [rotating(4, 2), { mask: "text", heads: [8, 4] }, UNEVEN],
];

test.each(cases.map(([scheme, more, sizes]) => ({ name: schemeName(scheme), scheme, more, sizes })))(
  "$name, $more",
  async ({ scheme, more, sizes }) => {
    const member = { ...JOINT, ...more };
    const feeds = feedsOf(member, sizes);
    await withMember(member, async (prepared) => {
      const [ran] = await run(prepared, scheme, [feeds]);
      expect(ran!.difference).toBeLessThan(1e-5);
      const found = ran!.stats.collectives.map(({ purpose, collective, bytes }) => ({ purpose, collective, bytes }));
      expect(found).toEqual(collectivesOf(scheme, member, sizes));
    });
  },
);

test.each([ulysses(3), gathering(3), rotating(3)].map((scheme) => ({ name: schemeName(scheme), scheme })))(
  "$name on 10 tokens, (4, 3, 3), with a mask, and other lengths in the same session",
  async ({ scheme }) => {
    const member: FamilyMember = { ...JOINT, meeting: "self", split: ["hidden_states"], mask: "additive rows x keys" };
    const all = [10, 24, 3].map((img) => feedsOf(member, { batch: 1, img, txt: 0 }));
    await withMember(member, async (prepared) => {
      const ran = await run(prepared, scheme, all);
      for (const { difference } of ran) expect(difference).toBeLessThan(1e-5);
      const gather = ran[0]!.stats.collectives.at(-1)!;
      expect(gather.bytes).toEqual([4, 3, 3].map((rows) => rows * RESULT * 2 * FLOAT));
    });
  },
);

test("whole queries against split keys send their own keys and values, or the parts of the result", async () => {
  const member: FamilyMember = { ...JOINT, meeting: "cross", split: ["encoder_hidden_states"], mask: "padding" };
  const feeds = feedsOf(member, UNEVEN);
  await withMember(member, async (prepared) => {
    for (const scheme of [ulysses(2), rotating(3)]) {
      const [ran] = await run(prepared, scheme, [feeds]);
      expect(ran!.difference).toBeLessThan(1e-5);
    }
  });
});
