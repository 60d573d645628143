/**
 * @file `check --explain`: layouts at module boundaries, the binding of each plan entry, collectives, and assumptions.
 */
import { inspectGraph } from "../../compiler/inspect/inspect.ts";
import { isWithin } from "../../compiler/ir/module-paths.ts";
import { matchModules } from "../../compiler/bind/patterns.ts";
import type { BoundPlan } from "../../compiler/bind/types.ts";
import { CP } from "../../compiler/ir/types.ts";
import type { Stages } from "../../compiler/compile.ts";
import { cliMessages } from "../../compiler/diagnostics/catalog/cli.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import { suggest } from "../../compiler/diagnostics/suggest.ts";
import type { Result } from "../../compiler/diagnostics/types.ts";
import { elemBytes } from "../../compiler/graph/elements.ts";
import type { ElemType } from "../../compiler/graph/types.ts";
import { type Expr, show, showFactor } from "../../compiler/expr/expr.ts";
import { showLayout } from "../../compiler/shard/layout.ts";
import type { CollectiveStep, Layout, ShardedGraph } from "../../compiler/shard/types.ts";
import { table } from "./table.ts";

/** Everything as text, ready to print or to be read by a tool. */
export interface Explanation {
  readonly entries: readonly {
    readonly entry: string;
    readonly module: string;
    readonly value: string | null;
    readonly found_by: string;
  }[];
  readonly layouts: readonly {
    readonly module: string;
    readonly boundary: string;
    readonly value: string;
    readonly layout: string;
    /** The plan entries, or the nodes, that caused this layout; empty for a value that is whole by itself. */
    readonly by: string;
  }[];
  /** `by` is the plan entry that chose the scheme; empty where the mesh did. */
  readonly attention: readonly { readonly module: string; readonly scheme: string; readonly by: string }[];
  /** Equal transfers are listed once, with their count; `bytes` are those that rank `rank` sends to rank `peer`. */
  readonly collectives: readonly {
    readonly module: string;
    readonly times: number;
    readonly purpose: string;
    readonly kind: string;
    readonly bytes: string;
    readonly elem: string;
  }[];
  readonly equations: readonly { readonly left: string; readonly right: string; readonly said: string }[];
  readonly alignments: readonly { readonly module: string; readonly value: string; readonly layout: string }[];
}

/**
 * Explains a sharded graph. With a pattern: every boundary of its modules. Without one: the values that are split or that the plan names,
 * each at the first boundary that it crosses, and none from inside a block. Fails where the pattern matches nothing.
 */
export function explain({ canonical, bound, sharded }: Stages, pattern: string | true): Result<Explanation> {
  if (!canonical || !bound || !sharded) return { ok: false, diagnostics: [] };
  const modules = selectModules([...canonical.modules.keys()], pattern);
  if (!modules.ok) return modules;
  const chosen = new Set(modules.value);
  const here = ({ module }: { readonly module: string }): boolean => chosen.has(module);
  const layouts = layoutsOf(
    layoutReader(bound, sharded),
    originReader(bound, sharded),
    inspectGraph(bound.graph).modules.filter(({ path }) => chosen.has(path)),
  );
  const value: Explanation = {
    entries: bound.bindings
      .map(({ spec, module, value, evidence }) => ({ entry: spec.origin.pointer, module, value, found_by: evidence }))
      .filter(here),
    layouts: pattern === true ? shortened(layouts, bound) : layouts,
    attention: sharded.attention
      .map(({ module, scheme, entry }) => ({ module, scheme, by: entry?.origin.pointer ?? "" }))
      .filter(here),
    collectives: counted(sharded.steps.flatMap((s) => (s.kind === "collective" ? collectivesOf(s) : [])).filter(here)),
    equations: sharded.equations.map((e) => ({
      left: show(e.left),
      right: show(e.right),
      said: `${e.leftName} = ${e.rightName}`,
    })),
    alignments: sharded.alignments
      .map(({ value, layout, origin }) => ({ module: origin.module, value, layout: showLayout(layout, show) }))
      .filter(here),
  };
  return { ok: true, value, diagnostics: [] };
}

/** Modules that match a pattern of the command line, with everything inside them; all for `true`. */
export function selectModules(modules: readonly string[], pattern: string | true): Result<readonly string[]> {
  if (pattern === true) return { ok: true, value: modules, diagnostics: [] };
  const found = matchModules(pattern, modules, null);
  const value = modules.filter((path) => found.some((top) => isWithin(path, top)));
  if (value.length > 0) return { ok: true, value, diagnostics: [] };
  return { ok: false, diagnostics: [diagnose(cliMessages.noModule, { pattern, nearest: suggest(pattern, modules) })] };
}

type Modules = ReturnType<typeof inspectGraph>["modules"];

/** Layout by value of the bound graph. Results of its split and gather nodes have other names after sharding. */
function layoutReader({ graph }: BoundPlan, { layouts, sameAs }: ShardedGraph): (value: string) => Layout | undefined {
  return (value) => {
    const maker = graph.nodes.find(({ domain, outputs }) => domain === CP && outputs.includes(value));
    if (layouts.has(value) || maker === undefined) return layouts.get(value);
    if (maker.op === "Gather") return [];
    const shards = [...sameAs]
      .filter(([, original]) => original === maker.inputs[0])
      .map(([shard]) => layouts.get(shard));
    return shards.find((layout) => layout !== undefined && layout.length > 0);
  };
}

/** Why a value has its layout: the entries that split its segments or gathered it, or the node where a segment was sliced to match. */
function originReader(
  { bindings }: BoundPlan,
  { alignments }: ShardedGraph,
): (value: string, layout: Layout) => string {
  const entryOf = (value: string, action: "split" | "gather"): string | undefined =>
    bindings.find((b) => b.value === value && b.spec.action === action && b.evidence !== "skipped")?.spec.origin
      .pointer;
  const sliced = new Map(alignments.map(({ value, origin }) => [value, origin.node]));
  return (value, layout) => {
    if (layout.length === 0) return entryOf(value, "gather") ?? "";
    const segments = layout.flatMap((shard) => shard.segments.map(({ origin }) => origin));
    const by = segments.map((from) => {
      const node = sliced.get(from);
      return entryOf(from, "split") ?? (node === undefined ? "" : `slice at ${node}`);
    });
    return [...new Set(by)].filter((text) => text !== "").join(", ");
  };
}

function layoutsOf(
  layoutOf: (value: string) => Layout | undefined,
  originOf: (value: string, layout: Layout) => string,
  modules: Modules,
): Explanation["layouts"] {
  return modules.flatMap(({ path, inputs, outputs }) => {
    const row =
      (side: string) =>
      ({ value, name }: Modules[number]["inputs"][number]) => {
        const layout = layoutOf(value);
        const boundary = `${side} ${name ?? "?"}`;
        if (layout === undefined) return [];
        return [{ module: path, boundary, value, layout: showLayout(layout, show), by: originOf(value, layout) }];
      };
    return [...inputs.flatMap(row("input")), ...outputs.flatMap(row("output"))];
  });
}

/** Path segments of a block in a list, such as `transformer_blocks.0`. */
const BLOCK_DEPTH = 2;

function shortened(rows: Explanation["layouts"], { bindings }: BoundPlan): Explanation["layouts"] {
  const named = new Set(bindings.map(({ value }) => value));
  const telling = rows.filter(({ module, value, layout }) => {
    if (named.has(value)) return true;
    return layout !== WHOLE && module.split(".").length <= BLOCK_DEPTH;
  });
  // The value has the same layout at every other boundary that it crosses.
  const first = new Map(telling.toReversed().map((row) => [row.value, row]));
  return telling.filter((row) => first.get(row.value) === row);
}

const WHOLE = showLayout([], show);

type Collective = Omit<Explanation["collectives"][number], "times">;

function counted(rows: readonly Collective[]): Explanation["collectives"] {
  const keys = rows.map((row) => JSON.stringify(row));
  const first = rows.filter((_, i) => keys.indexOf(keys[i] ?? "") === i);
  return first.map(({ module, ...rest }) => {
    const key = JSON.stringify({ module, ...rest });
    return { module, times: keys.filter((other) => other === key).length, ...rest };
  });
}

function collectivesOf({ collective, purpose, origin, transfers }: CollectiveStep): readonly Collective[] {
  return transfers.map(({ dims, elem }) => ({
    module: origin.module,
    purpose,
    kind: collective,
    bytes: bytesOf(dims, elem),
    elem,
  }));
}

/** Product of the fixed extents and the element size, followed by the extents that only a run knows. */
function bytesOf(dims: readonly Expr[], elem: ElemType): string {
  const fixed = dims.reduce<number>((size, dim) => (typeof dim === "number" ? size * dim : size), elemBytes(elem));
  return [...dims.filter((dim) => typeof dim !== "number").map(showFactor), String(fixed)].join(" * ");
}

type Row = Readonly<Record<string, string | number | null>>;

export function printExplanation(explanation: Explanation): string {
  const sections: readonly (readonly [string, readonly Row[]])[] = [
    ["plan entries", explanation.entries],
    ["layouts at module boundaries", explanation.layouts],
    ["attention", explanation.attention],
    ["collectives", explanation.collectives],
    ["length equations, checked before each run", explanation.equations],
    ["aligned by slicing", explanation.alignments],
  ];
  return sections
    .filter(([, rows]) => rows.length > 0)
    .map(([title, rows]) => `${title}\n${section(rows)}\n`)
    .join("");
}

function section(rows: readonly Row[]): string {
  const keys = Object.keys(rows[0] ?? {});
  const cells = rows.map((row) => keys.map((key) => cell(key, row[key] ?? "-")));
  return table(
    keys.map((key) => key.replaceAll("_", " ")),
    cells,
  )
    .replaceAll(/^/gm, "  ")
    .trimEnd()
    .concat("\n");
}

/** The root module has an empty name. */
function cell(key: string, value: string | number): string {
  return value === "" ? (key === "module" ? '""' : "-") : String(value);
}
