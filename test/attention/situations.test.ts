/**
 * @file Which of queries, keys, values and mask are split, which streams are joined, and by which operator: each gives the unsplit result.
 */
import { expect, test } from "vitest";
import { valueOf } from "../support/fixtures.ts";
import { sharded } from "./cell.ts";
import { expectExact, FEW, gathering, rotating, ulysses, withMember } from "./exact.ts";
import { JOINT, type FamilyMember, type MaskKind } from "./family.ts";
import { feedsOf, type Sizes } from "./samples.ts";
import type { Scheme } from "./schemes.ts";
import { CROSS, situations } from "./situations.ts";
import type { Spelling } from "./spellings.ts";

const UNEVEN: Sizes = { batch: 2, img: 13, txt: 10 };

/** Values compared under all schemes. */
async function exactUnder(schemes: readonly Scheme[], member: FamilyMember, sizes: Sizes = UNEVEN): Promise<number> {
  const feeds = feedsOf(member, sizes);
  return withMember(member, async (prepared) => {
    let compared = 0;
    for (const scheme of schemes) compared += (await expectExact(prepared, scheme, feeds)).compared;
    return compared;
  });
}

test.each(Object.entries(situations))("%s", async (_, parts) => {
  expect(await exactUnder(FEW, { ...JOINT, ...parts })).toBeGreaterThan(0);
});

test("an attention outside the split region stays local and says so", async () => {
  const member: FamilyMember = { ...CROSS, refiner: true };
  const feeds = feedsOf(member, UNEVEN);
  await withMember(member, async (prepared) => {
    for (const scheme of FEW) {
      await expectExact(prepared, scheme, feeds);
      const { attention, steps } = valueOf(sharded(prepared, scheme));
      expect(attention.map((site) => `${site.module} ${site.scheme}`)).toEqual([
        "refiner.attn local",
        "block.attn local",
      ]);
      expect(
        steps.filter(({ kind }) => kind === "collective").map((s) => (s.kind === "collective" ? s.purpose : "")),
      ).toEqual(["gather"]);
    }
  });
});

test.each([
  ["cross", "few queries", { batch: 1, img: 4, txt: 700 }],
  ["cross", "few keys", { batch: 1, img: 700, txt: 4 }],
] as const)("whole queries against split keys: %s, %s", async (meeting, _, sizes) => {
  const member: FamilyMember = { ...JOINT, meeting, split: ["encoder_hidden_states"], mask: "one row for all" };
  expect(await exactUnder([gathering(4), ulysses(2)], member, sizes)).toBeGreaterThan(0);
});

test.each([
  [{ batch: 1, img: 8, txt: 1 }, ["hidden_states"]],
  [{ batch: 2, img: 9, txt: 3 }, ["hidden_states"]],
  [{ batch: 1, img: 3, txt: 11 }, ["encoder_hidden_states"]],
] as const)("%j on 8 ranks, one stream shorter than the ranks", async (sizes, split) => {
  for (const mask of ["none", "text"] as const satisfies readonly MaskKind[]) {
    const member: FamilyMember = { ...JOINT, mask, split };
    const eight = [ulysses(8), gathering(8), rotating(8), gathering(4, 2), rotating(4, 2)];
    expect(await exactUnder(eight, member, sizes)).toBeGreaterThan(0);
  }
});

const operators: readonly (readonly [Spelling, Partial<FamilyMember>])[] = [
  ["Attention", {}],
  ["Attention", { causal: true, mask: "heads" }],
  ["Attention", { heads: [8, 4], mask: "boolean rows x keys" }],
  ["Attention", { mask: "one row for all", size: [4, 6] }],
  ["Attention", { mask: "text" }],
  ["MultiHeadAttention", {}],
  ["MultiHeadAttention", { mask: "padding" }],
  ["MultiHeadAttention", { mask: "heads", size: [4, 6] }],
  ["MultiHeadAttention", { causal: true }],
  ["GroupQueryAttention", { heads: [8, 4], causal: true }],
];

test.each(operators)("the operator %s with %j", async (spelling, parts) => {
  expect(await exactUnder(FEW, { ...JOINT, spelling, ...parts })).toBeGreaterThan(0);
});
