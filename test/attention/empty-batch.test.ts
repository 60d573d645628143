/**
 * @file A batch without elements: every scheme gives the empty outputs of the unsplit model.
 */
import { expect, test } from "vitest";
import { simulated, run, sharded } from "./cell.ts";
import { valueOf } from "../support/fixtures.ts";
import { gathering, rotating, ulysses, withMember } from "./exact.ts";
import { JOINT, type FamilyMember } from "./family.ts";
import { feedsOf } from "./samples.ts";
import { schemeName, type Scheme } from "./schemes.ts";

const EMPTY = { batch: 0, img: 13, txt: 10 };
const SCHEMES: readonly Scheme[] = [
  ulysses(3),
  gathering(2),
  rotating(2),
  rotating(3),
  gathering(2, 2),
  rotating(2, 2),
];

const members: Readonly<Record<string, Partial<FamilyMember>>> = {
  "no mask": {},
  "no mask, safe": { guarded: true },
  "boolean, safe": { mask: "boolean rows x keys", guarded: true },
  additive: { mask: "batch, heads" },
  "a chunk without keys": { split: ["hidden_states"] },
  "whole queries": { meeting: "cross", split: ["encoder_hidden_states"], size: [24, 2], guarded: true },
  "whole queries, masked": { meeting: "cross", split: ["encoder_hidden_states"], size: [24, 2], mask: "padding" },
  "Attention, boolean": { spelling: "Attention", mask: "boolean rows x keys" },
  "Attention, causal": { spelling: "Attention", causal: true, meeting: "self", split: ["hidden_states"] },
};

test.each(Object.entries(members))("%s", async (_, parts) => {
  const member = { ...JOINT, ...parts };
  const feeds = feedsOf(member, EMPTY);
  await withMember(member, async (prepared) => {
    for (const scheme of SCHEMES) {
      const { wrong } = await simulated(valueOf(sharded(prepared, scheme)), feeds);
      expect(wrong?.diagnostic.message ?? null, schemeName(scheme)).toBeNull();
    }
  });
});

/** With elements before and after, so that nothing that depends on the extent is kept. */
test.each(SCHEMES.map((scheme) => [schemeName(scheme), scheme] as const))("run: %s", async (_, scheme) => {
  for (const member of [JOINT, { ...JOINT, guarded: true }]) {
    const all = [
      feedsOf(member, { ...EMPTY, batch: 2 }),
      feedsOf(member, EMPTY),
      feedsOf(member, { ...EMPTY, batch: 1 }),
    ];
    await withMember(member, async (prepared) => {
      for (const { difference } of await run(prepared, scheme, all)) expect(difference).toBeLessThan(1e-4);
    });
  }
});
