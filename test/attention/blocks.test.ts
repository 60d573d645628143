/**
 * @file Sites with more logits than a block has, on one, two and four ranks: the unsplit outputs, with NaN where they have it. The share of a
 * rank is still more than a block, except for a ring of four.
 */
import { expect, test } from "vitest";
import { run } from "./cell.ts";
import { gathering, rotating, ulysses, withMember } from "./exact.ts";
import { JOINT, type FamilyMember } from "./family.ts";
import { COMMON, feedsOf } from "./samples.ts";
import { schemeName } from "./schemes.ts";

const SIZES = { batch: 1, img: 703, txt: 110 };
const ALWAYS = [ulysses(1), rotating(2)];
const IN_TURN = [ulysses(4), gathering(2), rotating(4)];
const SELF: Partial<FamilyMember> = { meeting: "self", split: ["hidden_states"] };

const members: Readonly<Record<string, Partial<FamilyMember>>> = {
  "a boolean mask of rows": { mask: "boolean rows x keys" },
  "an additive mask of rows, rows without a key to zero": { mask: "additive rows x keys", guarded: true },
  "a padded text": { mask: "text" },
  "an additive mask of keys, grouped heads": { mask: "additive keys", heads: [8, 4] },
  causal: { ...SELF, causal: true, spelling: "Attention" },
  "causal, grouped heads": { ...SELF, spelling: "GroupQueryAttention", heads: [8, 4], size: [8, 8] },
};

test.each(Object.entries(members))("%s", async (name, parts) => {
  const member: FamilyMember = { ...JOINT, ...parts };
  const rows = name.includes("rows");
  const visible: typeof COMMON.visible = (at) => !(rows && at.row % 50 === 7) && COMMON.visible(at);
  const feeds = feedsOf(member, SIZES, { ...COMMON, visible });
  await withMember(member, async (prepared) => {
    const turn = IN_TURN[Object.keys(members).indexOf(name) % IN_TURN.length]!;
    for (const scheme of [...ALWAYS, turn]) {
      const [ran] = await run(prepared, scheme, [feeds]);
      expect(ran!.difference, schemeName(scheme)).toBeLessThan(1e-5);
    }
  });
});
