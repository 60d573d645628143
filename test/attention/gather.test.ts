/**
 * @file Sites whose keys and values the plan gathers on all ranks: exact under every mesh, whatever the heads, with masks, causal patterns,
 * shares and a split batch; and no other bytes than those of the keys and values.
 */
import { expect, test } from "vitest";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { texts, valueOf } from "../support/fixtures.ts";
import { run, sharded } from "./cell.ts";
import { expectExact, gathering, rotating, ulysses, withMember } from "./exact.ts";
import { JOINT, maskKinds, type FamilyMember } from "./family.ts";
import { collectivesOf, FLOAT } from "./moved.ts";
import { feedsOf, type Sizes } from "./samples.ts";
import { schemeName, schemes, type Scheme } from "./schemes.ts";
import { CROSS, situations } from "./situations.ts";
import type { Spelling } from "./spellings.ts";

const long = process.env["MODE"] === "long";
const UNEVEN: Sizes = { batch: 2, img: 13, txt: 10 };
const GATHERED: FamilyMember = { ...JOINT, attention: "gather" };
/** One of each kind, more Ulysses ranks than key heads among them. */
const MESHES: readonly Scheme[] = [ulysses(4), rotating(3), gathering(2, 2)];

/** Values compared on one mesh, in turn, or on all. */
async function exactValues(member: FamilyMember, turn: number): Promise<number> {
  const feeds = feedsOf(member, UNEVEN);
  return withMember(member, async (prepared) => {
    let compared = 0;
    for (const mesh of long ? schemes : [MESHES[turn % MESHES.length]!]) {
      compared += (await expectExact(prepared, mesh, feeds)).compared;
    }
    return compared;
  });
}

/** Each mask with one, two or all key/value heads, with or without a causal pattern; both change from mask to mask. */
const masked = maskKinds.map((mask, i): FamilyMember => {
  return { ...GATHERED, mask, heads: [8, [1, 2, 8][i % 3]!], causal: i % 4 === 1, size: [4, i % 2 === 0 ? 4 : 6] };
});

test.each(masked)("$mask, heads $heads, causal $causal", async (member) => {
  expect(await exactValues(member, masked.indexOf(member))).toBeGreaterThan(0);
});

test.each(Object.entries(situations))("%s", async (_, parts) => {
  const turn = Object.values(situations).indexOf(parts);
  expect(await exactValues({ ...GATHERED, ...parts }, turn)).toBeGreaterThan(0);
});

const operators: readonly (readonly [Spelling, Partial<FamilyMember>])[] = [
  ["Attention", { causal: true, mask: "heads" }],
  ["MultiHeadAttention", { mask: "padding" }],
  ["GroupQueryAttention", { heads: [8, 2], causal: true }],
];

test.each(operators)("the operator %s with %j", async (spelling, parts) => {
  expect(await exactValues({ ...GATHERED, spelling, ...parts }, 0)).toBeGreaterThan(0);
});

test("whole keys, or whole queries that gather by themselves: the site is as without the entry, which the notes say", async () => {
  await withMember({ ...CROSS, attention: "gather" }, async (prepared) => {
    const { diagnostics, ...result } = sharded(prepared, ulysses(2));
    expect(valueOf({ ...result, diagnostics } as ReturnType<typeof sharded>).attention).toMatchObject([
      { scheme: "local", entry: null },
    ]);
    expect(texts(diagnostics)).toContain(
      'CP3034 $attention."": "gather" has no effect in block.attn: its keys and values are whole',
    );
  });
});

test.each([
  [ulysses(3), [1, 5, 2]],
  [rotating(2, 2), [0.5, 40, 3, 1]],
] as const)("%j with the shares %j, and ranks without any of a short text", async (mesh, shares) => {
  const member: FamilyMember = { ...GATHERED, split: ["hidden_states"], mask: "text", heads: [8, 2] };
  await withMember(member, async (prepared) => {
    for (const txt of [1, 2, 11]) {
      const feeds = feedsOf(member, { batch: 1, img: 21, txt });
      expect((await expectExact(prepared, mesh, feeds, { shares })).compared).toBeGreaterThan(0);
    }
  });
});

test.each([
  { ...ulysses(2), batch: 2 },
  { ...rotating(2, 2), batch: 2 },
])("%j, a mask by batch and head, causal", async (mesh) => {
  const member: FamilyMember = { ...GATHERED, mask: "batch, heads", causal: true, heads: [8, 1] };
  await withMember(member, async (prepared) => {
    const graph = valueOf(sharded(prepared, mesh));
    const report = valueOf(await simulate(graph, feedsOf(member, { batch: 3, img: 13, txt: 10 })));
    expect(report).toMatchObject({ wrong: null, unchecked: [] });
  });
});

const runs: readonly (readonly [Scheme, Partial<FamilyMember>, Sizes])[] = [
  [ulysses(2), { mask: "text" }, UNEVEN],
  [ulysses(4), { heads: [8, 1], mask: "additive rows x keys", size: [4, 6] }, { batch: 1, img: 24, txt: 16 }],
  [rotating(3), { mask: "text", causal: true, heads: [8, 2] }, UNEVEN],
  [rotating(2, 2), { mask: "batch, heads" }, UNEVEN],
];

test.each(runs.map(([scheme, more, sizes]) => ({ name: schemeName(scheme), scheme, more, sizes })))(
  "on worker threads, $name, $more: the unsplit outputs, and the bytes of keys and values",
  async ({ scheme, more, sizes }) => {
    const member = { ...GATHERED, ...more };
    await withMember(member, async (prepared) => {
      const [ran] = await run(prepared, scheme, [feedsOf(member, sizes)]);
      expect(ran!.difference).toBeLessThan(1e-5);
      const found = ran!.stats.collectives.map(({ purpose, collective, bytes }) => ({ purpose, collective, bytes }));
      expect(found).toEqual(collectivesOf(scheme, member, sizes, null));
    });
  },
);

test("with even lengths each of N ranks sends (N - 1) / N of twice the keys", async () => {
  const member: FamilyMember = { ...GATHERED, heads: [8, 2] };
  const sizes = { batch: 1, img: 24, txt: 16 };
  const keys = (sizes.img + sizes.txt) * member.heads[1] * member.size[0] * FLOAT;
  await withMember(member, async (prepared) => {
    for (const [scheme, ranks] of [
      [ulysses(4), 4],
      [rotating(2), 2],
    ] as const) {
      const [ran] = await run(prepared, scheme, [feedsOf(member, sizes)]);
      const { bytes } = ran!.stats.collectives.find(({ purpose }) => purpose === "key gather")!;
      expect(bytes).toEqual(Array.from({ length: ranks }, () => (2 * keys * (ranks - 1)) / ranks));
    }
  });
});
