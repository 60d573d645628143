/**
 * @file The family on worker threads: the unsplit outputs, and every collective with the bytes that the scheme needs and no others.
 */
import { expect, test } from "vitest";
import { run } from "./cell.ts";
import { gathering, rotating, ulysses, withMember } from "./exact.ts";
import { JOINT, type FamilyMember } from "./family.ts";
import { collectivesOf, FLOAT, RESULT } from "./moved.ts";
import { feedsOf, type Sizes } from "./samples.ts";
import { schemeName, type Scheme } from "./schemes.ts";

const UNEVEN: Sizes = { batch: 2, img: 13, txt: 10 };
const cases: readonly (readonly [Scheme, Partial<FamilyMember>, Sizes])[] = [
  [ulysses(2), { mask: "text" }, UNEVEN],
  [ulysses(3), { mask: "heads", size: [4, 6] }, UNEVEN],
  [ulysses(4), { heads: [12, 6], mask: "batch, heads", causal: true }, UNEVEN],
  [gathering(3), { mask: "boolean rows x keys", heads: [8, 2] }, UNEVEN],
  [rotating(2), {}, UNEVEN],
  [rotating(3), { opset: 13, mask: "additive rows x keys" }, UNEVEN],
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
      expect(found).toEqual(collectivesOf(scheme, member, sizes, null));
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
