/**
 * @file Ranks of unequal speed: one program for all shares; every value is exact, and the bytes are those of the rows and heads that each
 * rank has.
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { BACKENDS } from "../../runtime/attach/engine.ts";
import { run } from "./cell.ts";
import { expectExact, gathering, rotating, ulysses, withMember } from "./exact.ts";
import { JOINT, type FamilyMember } from "./family.ts";
import { collectivesOf } from "./moved.ts";
import { feedsOf } from "./samples.ts";
import { schemeName, type Scheme } from "./schemes.ts";

const share = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(0.25, 1.5, 40));
const sharesFor = ({ ring, ulysses: members }: Scheme): fc.Arbitrary<readonly number[]> =>
  fc.array(share, { minLength: ring * members, maxLength: ring * members });

const cases: readonly (readonly [Scheme, Partial<FamilyMember>])[] = [
  [ulysses(2), { mask: "text" }],
  [ulysses(3), { mask: "heads", heads: [5, 5] }],
  [ulysses(4), { heads: [12, 6], mask: "batch, heads", causal: true }],
  [gathering(3), { mask: "boolean rows x keys", heads: [8, 2] }],
  [gathering(2, 3), { mask: "text", heads: [8, 4] }],
  [rotating(2), { causal: true }],
  [rotating(3), { mask: "text", causal: true }],
  [rotating(2, 2), { mask: "heads", heads: [6, 3] }],
  [ulysses(8), {}],
  [rotating(4, 2), { mask: "text", heads: [8, 4] }],
];

test.each(cases.map(([scheme, more]) => ({ name: schemeName(scheme), scheme, more })))(
  "$name, $more: every value is exact for any shares and lengths",
  async ({ scheme, more }) => {
    const member = { ...JOINT, ...more };
    const ranks = scheme.ring * scheme.ulysses;
    await withMember(member, async (prepared) => {
      const length = fc.integer({ min: ranks, max: 24 });
      const property = fc.asyncProperty(sharesFor(scheme), length, length, async (shares, img, txt) => {
        const feeds = feedsOf(member, { batch: 2, img, txt });
        expect((await expectExact(prepared, scheme, feeds, { shares })).compared).toBeGreaterThan(0);
      });
      await fc.assert(property, { numRuns: 4 });
    });
  },
);

test.each(
  [ulysses(4), gathering(4), rotating(4), rotating(2, 2)].map((scheme) => ({ name: schemeName(scheme), scheme })),
)("$name: ranks without any of a short text", async ({ scheme }) => {
  // The text is whole, and so a segment that nothing requires to be long.
  const member: FamilyMember = { ...JOINT, split: ["hidden_states"], mask: "text" };
  await withMember(member, async (prepared) => {
    for (const txt of [1, 2, 3]) {
      const feeds = feedsOf(member, { batch: 1, img: 21, txt });
      expect((await expectExact(prepared, scheme, feeds, { shares: [1, 5, 1, 2] })).compared).toBeGreaterThan(0);
    }
  });
});

const UNEVEN = { batch: 2, img: 29, txt: 10 };

test.each(
  BACKENDS.flatMap((backend) =>
    [ulysses(3), rotating(3), gathering(2, 2), rotating(2, 2)].map((scheme) => ({
      name: schemeName(scheme),
      scheme,
      backend,
    })),
  ),
)(
  "$name on $backend: the unsplit outputs, and no other bytes than those of each rank's rows and heads",
  async ({ scheme, backend }) => {
    const member: FamilyMember = { ...JOINT, mask: "text", heads: [8, 4] };
    const shares = Array.from({ length: scheme.ring * scheme.ulysses }, (_, rank) => [3, 1, 2, 0.5][rank]!);
    await withMember(member, async (prepared) => {
      const [ran] = await run(prepared, scheme, [feedsOf(member, UNEVEN)], { shares, backend });
      expect(ran!.difference).toBeLessThan(1e-5);
      const found = ran!.stats.collectives.map(({ purpose, collective, bytes }) => ({ purpose, collective, bytes }));
      expect(found).toEqual(collectivesOf(scheme, member, UNEVEN, shares));
      expect(found).not.toEqual(collectivesOf(scheme, member, UNEVEN, null));
    });
  },
);
