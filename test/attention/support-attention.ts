/**
 * @file The attention section of docs/support.md: scheme x mask x grouping of heads x lengths x batch, each cell by simulator and by run.
 */
import { valueOf } from "../support/fixtures.ts";
import { codesOf, prepare, run, sharded, simulated, type Prepared } from "./cell.ts";
import { JOINT, type FamilyMember } from "./family.ts";
import { feedsOf, type Sizes } from "./samples.ts";
import { schemeName, schemes, type Scheme } from "./schemes.ts";
import { number } from "./support-page.ts";

const SELF: FamilyMember = { ...JOINT, meeting: "self", split: ["hidden_states"] };

const masks: Readonly<Record<string, FamilyMember>> = {
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
const groupings: Readonly<Record<string, readonly [number, number]>> = {
  "8 heads": [8, 8],
  "8 on 4": [8, 4],
  "8 on 1": [8, 1],
};
const sizes: Readonly<Record<string, Sizes>> = {
  "even, 1": { batch: 1, img: 24, txt: 24 },
  "even, 2": { batch: 2, img: 24, txt: 24 },
  "uneven, 1": { batch: 1, img: 13, txt: 10 },
  "uneven, 2": { batch: 2, img: 13, txt: 10 },
};

/** Rows of cells by scheme. */
export type AttentionTable = Map<string, string[][]>;

/** One table for each scheme. */
export async function attentionSection(): Promise<string> {
  const table: AttentionTable = new Map(schemes.map((scheme) => [schemeName(scheme), []]));
  for (const [mask, base] of Object.entries(masks)) await addMask(table, mask, base);
  const columns = Object.keys(groupings).flatMap((group) => Object.keys(sizes).map((size) => `${group}; ${size}`));
  const head = [`| mask | ${columns.join(" | ")} |`, `|---|${columns.map(() => "---|").join("")}`];
  return [...table]
    .flatMap(([name, rows]) => [`### ${name}`, "", ...head, ...rows.map((row) => `| ${row.join(" | ")} |`), ""])
    .join("\n");
}

async function addMask(table: AttentionTable, mask: string, base: FamilyMember): Promise<void> {
  for (const scheme of schemes) table.get(schemeName(scheme))!.push([mask]);
  for (const heads of Object.values(groupings)) {
    const prepared = await prepare({ ...base, heads });
    for (const scheme of schemes)
      table
        .get(schemeName(scheme))!
        .at(-1)!
        .push(...(await cells(prepared, scheme)));
    await prepared.remove();
  }
}

/** `simulator / run` for each of the sizes, or the code of the refusal. */
async function cells(prepared: Prepared, scheme: Scheme): Promise<readonly string[]> {
  const graph = sharded(prepared, scheme);
  if (!graph.ok) return Object.keys(sizes).map(() => codesOf(graph.diagnostics).join(", "));
  const all = Object.values(sizes).map((size) => feedsOf(prepared.member, size));
  const ran = await run(prepared, scheme, all);
  const texts: string[] = [];
  for (const [i, feeds] of all.entries()) {
    const { wrong, differences } = await simulated(valueOf(graph), feeds);
    const bySimulator = wrong === null ? number(Math.max(...differences.values())) : "WRONG";
    texts.push(`${bySimulator} / ${number(ran[i]!.difference)}`);
  }
  return texts;
}
