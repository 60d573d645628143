/**
 * @file Every mask under schemes of every kind, with grouped heads and causal patterns: every value equals the unsplit one.
 */
import { expect, test } from "vitest";
import { expectExact, FEW, rotating, ulysses, withMember } from "./exact.ts";
import { JOINT, maskKinds, type FamilyMember } from "./family.ts";
import { feedsOf } from "./samples.ts";
import { schemes } from "./schemes.ts";

const UNEVEN = { batch: 2, img: 13, txt: 10 };

/** Each mask with a grouping of heads and with or without a causal pattern; both change from mask to mask. */
const members = maskKinds.map((mask, i): FamilyMember => {
  const keyHeads = [8, 4][i % 2]!;
  return { ...JOINT, mask, heads: [8, keyHeads], causal: i % 3 === 1 };
});

test.each(members)("$mask, heads $heads, causal $causal", async (member) => {
  const feeds = feedsOf(member, UNEVEN);
  await withMember(member, async (prepared) => {
    expect(prepared.bound.graph.nodes.filter(({ op, domain }) => domain === "cp" && op === "Attention")).toHaveLength(
      1,
    );
    // Every third scheme, other ones for each mask; docs/support.md has them all.
    const tried = schemes.filter(
      (scheme, i) => scheme.ulysses <= member.heads[1] && (i + members.indexOf(member)) % 3 === 0,
    );
    for (const scheme of [...FEW, ...tried]) await expectExact(prepared, scheme, feeds);
  });
});

test.each(["none", "text", "heads"] as const)("operator set 13, mask %s", async (mask) => {
  const member: FamilyMember = { ...JOINT, mask, opset: 13, causal: mask === "heads" };
  const feeds = feedsOf(member, UNEVEN);
  await withMember(member, async (prepared) => {
    for (const scheme of FEW) expect((await expectExact(prepared, scheme, feeds)).compared).toBeGreaterThan(0);
  });
});

test.each([1, 2])("even lengths, batch %i", async (batch) => {
  const member: FamilyMember = { ...JOINT, mask: "text" };
  const feeds = feedsOf(member, { batch, img: 24, txt: 16 });
  await withMember(member, async (prepared) => {
    for (const scheme of FEW) expect((await expectExact(prepared, scheme, feeds)).compared).toBeGreaterThan(0);
  });
});

test.each([
  [[6, 3], 2],
  [[5, 5], 3],
  [[12, 6], 4],
] as const)("heads %j that %i does not divide", async (heads, degree) => {
  const member: FamilyMember = { ...JOINT, heads, size: [4, 6], mask: "heads" };
  const feeds = feedsOf(member, UNEVEN);
  await withMember(member, async (prepared) => {
    for (const scheme of [ulysses(degree), rotating(2, degree)]) {
      expect((await expectExact(prepared, scheme, feeds)).compared).toBeGreaterThan(0);
    }
  });
});
