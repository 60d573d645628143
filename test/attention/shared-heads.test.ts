/**
 * @file More ranks than key/value heads: ranks share heads, each is sent what it needs once, and every value is exact.
 */
import { expect, test } from "vitest";
import { codesOf, run, sharded } from "./cell.ts";
import { expectExact, gathering, rotating, ulysses, withMember } from "./exact.ts";
import { JOINT, type FamilyMember } from "./family.ts";
import { collectivesOf } from "./moved.ts";
import { feedsOf } from "./samples.ts";
import { schemeName, type Scheme } from "./schemes.ts";

const UNEVEN = { batch: 2, img: 13, txt: 10 };

/** One head for each rank, heads of which a rank needs one or two, and query heads that the degree does not divide. */
const cases: readonly (readonly [Scheme, FamilyMember["heads"], Partial<FamilyMember>])[] = [
  [ulysses(2), [8, 1], { mask: "batch, heads" }],
  [ulysses(4), [8, 2], { mask: "text" }],
  [ulysses(3), [6, 2], { mask: "heads", size: [4, 6] }],
  [ulysses(4), [6, 1], {}],
  [ulysses(5), [12, 3], { causal: true }],
  [gathering(2, 2), [4, 1], { mask: "text" }],
  [gathering(2, 3), [6, 2], { mask: "heads" }],
  [rotating(2, 2), [8, 1], { mask: "batch, heads", causal: true }],
  [rotating(2, 3), [6, 2], { mask: "text" }],
];
const named = cases.map(([scheme, heads, more]) => ({ name: schemeName(scheme), scheme, heads, more }));

test.each(named)(
  "$name, heads $heads, $more: every value, equal and unequal ranks",
  async ({ scheme, heads, more }) => {
    const member: FamilyMember = { ...JOINT, ...more, heads };
    const unequal = Array.from({ length: scheme.ring * scheme.ulysses }, (_, rank) => [3, 1, 2, 0.5, 1][rank % 5]!);
    const feeds = feedsOf(member, UNEVEN);
    await withMember(member, async (prepared) => {
      for (const shares of [null, unequal])
        expect((await expectExact(prepared, scheme, feeds, { shares })).compared).toBeGreaterThan(0);
    });
  },
);

test.each(named.filter((_, i) => i % 2 === 0))(
  "$name, heads $heads: the unsplit outputs, and no other bytes than those of each rank's heads",
  async ({ scheme, heads, more }) => {
    const member: FamilyMember = { ...JOINT, ...more, heads };
    await withMember(member, async (prepared) => {
      const [ran] = await run(prepared, scheme, [feedsOf(member, UNEVEN)]);
      expect(ran!.difference).toBeLessThan(1e-5);
      const found = ran!.stats.collectives.map(({ purpose, collective, bytes }) => ({ purpose, collective, bytes }));
      expect(found).toEqual(collectivesOf(scheme, member, UNEVEN, null));
    });
  },
);

test("fewer query heads than ranks are refused, with the degrees that are possible", async () => {
  await withMember({ ...JOINT, heads: [4, 1] }, async (prepared) => {
    const refused = sharded(prepared, ulysses(8));
    expect(codesOf(refused.diagnostics)).toEqual(["CP4013"]);
    expect(refused.diagnostics.map(({ hint }) => hint).join()).toContain("ulysses_degree 4 and ring_degree 2");
  });
});
