/**
 * @file Measures attention alone: one mask with every grouping of heads, under every scheme, at even and uneven lengths and two batch
 * sizes. Knows no page.
 */
import { codesOf, prepare, run, sharded, simulated, type Prepared } from "../attention/cell.ts";
import { JOINT, type FamilyMember } from "../attention/family.ts";
import { feedsOf, type Sizes } from "../attention/samples.ts";
import { schemeName, schemes, type Scheme } from "../attention/schemes.ts";
import { valueOf } from "../support/fixtures.ts";
import { number } from "./page.ts";

const SELF: FamilyMember = { ...JOINT, meeting: "self", split: ["hidden_states"] };

export const masks: Readonly<Record<string, FamilyMember>> = {
  none: SELF,
  "boolean, keys": { ...SELF, mask: "boolean keys" },
  "additive, keys": { ...SELF, mask: "additive keys" },
  "boolean, query x key": { ...SELF, mask: "boolean rows x keys" },
  "additive, query x key": { ...SELF, mask: "additive rows x keys" },
  "by head": { ...SELF, mask: "heads" },
  "by batch and head": { ...SELF, mask: "batch, heads" },
  "one row for all": { ...SELF, mask: "one row for all" },
  causal: { ...SELF, causal: true },
  "padded text, joint": { ...JOINT, mask: "text" },
};
export const groupings: Readonly<Record<string, readonly [number, number]>> = {
  "8 heads": [8, 8],
  "8 query heads on 4 key/value heads": [8, 4],
  "8 query heads on 1 key/value head": [8, 1],
};
const sizes: readonly Sizes[] = [
  { batch: 1, img: 24, txt: 24 },
  { batch: 2, img: 24, txt: 24 },
  { batch: 1, img: 13, txt: 10 },
  { batch: 2, img: 13, txt: 10 },
];

/** Cells by grouping, then by scheme. */
export type MaskCells = Readonly<Record<string, Readonly<Record<string, string>>>>;

export async function measureMask(mask: FamilyMember): Promise<MaskCells> {
  const byGrouping: Record<string, Record<string, string>> = {};
  for (const [grouping, heads] of Object.entries(groupings)) {
    const prepared = await prepare({ ...mask, heads });
    const cells: Record<string, string> = {};
    for (const scheme of schemes) cells[schemeName(scheme)] = await cell(prepared, scheme);
    byGrouping[grouping] = cells;
    await prepared.remove();
  }
  return byGrouping;
}

/** `simulator / run`, each the largest over the sizes; or the codes of the refusal; or what is wrong. */
async function cell(prepared: Prepared, scheme: Scheme): Promise<string> {
  const graph = sharded(prepared, scheme);
  if (!graph.ok) return codesOf(graph.diagnostics).join(", ");
  const all = sizes.map((size) => feedsOf(prepared.member, size));
  const ran = Math.max(...(await run(prepared, scheme, all)).map(({ difference }) => difference));
  let largest = 0;
  for (const feeds of all) {
    const { wrong, differences } = await simulated(valueOf(graph), feeds);
    if (wrong !== null) return `WRONG: ${wrong.value}`;
    largest = Math.max(largest, ...differences.values());
  }
  return ran < 1e-5 ? `${number(largest)} / ${number(ran)}` : `WRONG: ${number(ran)}`;
}
