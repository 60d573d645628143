/**
 * @file The inspection of a model as text: modules as a tree, one line per value, then attention sites. Deterministic.
 */
import { isWithin } from "../ir/module-paths.ts";
import type { InspectedAttention } from "./attention.ts";
import type { InspectedModule, InspectedValue, Inspection } from "./inspect.ts";
import { matchModules } from "../bind/patterns.ts";

/** Extents longer than this get a short name in the text. */
const LONG = 24;

/** Maps a long extent to its short name. */
type Names = Map<string, string>;

/** Shows all modules, or those that `pattern` (as in a plan) matches and everything inside them; empty where it matches none. */
export function renderInspection(inspection: Inspection, pattern: string | null = null): string {
  const shown = new Set(pattern === null ? inspection.modules.map(({ path }) => path) : chosen(inspection, pattern));
  const names: Names = new Map();
  const modules = inspection.modules.filter(({ path }) => shown.has(path)).map((module) => moduleText(module, names));
  const sites = inspection.attention.filter(({ module }) => pattern === null || shown.has(module));
  const attention = ["attention sites:", ...sites.map((site) => siteLine(site, names))];
  const lengths = ["where:", ...[...names].map(([text, name]) => `  ${name} = ${text}`)];
  const lists = [attention, lengths].filter((lines) => lines.length > 1).map((lines) => lines.join("\n"));
  return [...modules, ...lists].map((block) => `${block}\n`).join("\n");
}

function short(extent: string, names: Names): string {
  if (extent.length <= LONG) return extent;
  const name = names.get(extent) ?? `L${names.size + 1}`;
  names.set(extent, name);
  return name;
}

function chosen({ modules }: Inspection, pattern: string): readonly string[] {
  const paths = modules.map(({ path }) => path);
  const found = matchModules(pattern, paths, null);
  return paths.filter((path) => found.some((top) => isWithin(path, top)));
}

function moduleText({ path, className, calls, inputs, outputs }: InspectedModule, names: Names): string {
  const results = outputs.filter(({ isShared }) => !isShared);
  const shared = outputs.length - results.length;
  const rows = [
    ...namedFirst(inputs).map((value) => row("in", value, names)),
    ...namedFirst(results).map((value) => row("out", value, names)),
  ];
  return [
    `${path === "" ? '""' : path}${className === null ? "" : `  ${className}`}${calls === 1 ? "" : `  ${calls} calls`}`,
    ...padded(rows).map((line) => `  ${line}`),
    ...(shared === 0
      ? []
      : [
          `  (${shared} further ${shared === 1 ? "value leaves" : "values leave"} the module as shared subexpressions)`,
        ]),
  ].join("\n");
}

/** What a plan can name comes before what only `value` selects. */
function namedFirst(values: readonly InspectedValue[]): readonly InspectedValue[] {
  return [...values.filter(({ name }) => name !== null), ...values.filter(({ name }) => name === null)];
}

function row(side: "in" | "out", value: InspectedValue, names: Names): readonly string[] {
  const readers = value.readers.length > 3 ? [...value.readers.slice(0, 3), "..."] : value.readers;
  const shape = value.shape.map((extent) => short(extent, names));
  const reading = readers.length === 0 ? "" : `; read by ${readers.join(", ")}`;
  const call = value.call === null ? "" : `; call ${value.call}`;
  return [side, value.name ?? "-", `${value.elem} (${shape.join(", ")})`, value.value, `${value.why}${reading}${call}`];
}

/** Pads all cells but the last of each row. */
function padded(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  return rows.map((cells) =>
    cells.map((cell, i) => (i < cells.length - 1 ? cell.padEnd(widths[i] ?? 0) : cell)).join("  "),
  );
}

function siteLine(site: InspectedAttention & { readonly sites?: number }, names: Names): string {
  const heads =
    site.heads === site.keyValueHeads ? `${site.heads} heads` : `${site.heads} heads, ${site.keyValueHeads} for keys`;
  const extras = [...(site.mask ? ["mask"] : []), ...(site.causal ? ["causal"] : [])]
    .map((word) => `, ${word}`)
    .join("");
  const size = `${heads} of ${site.headSize}, queries ${short(site.queryLength, names)}, keys ${short(site.keyLength, names)}${extras}`;
  const node = site.sites === undefined || site.sites === 1 ? site.node : `${site.sites} sites`;
  return `  ${site.module || '""'}  ${node}  ${size}`;
}
