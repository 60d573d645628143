/**
 * @file Infers a plan for a model: reads it, searches, proves, and prints the plan with its reasons. The steps in order.
 */
import { dirname, relative, resolve } from "node:path";
import { asCp } from "../compiler/ir/cp.ts";
import { inferMessages } from "../compiler/diagnostics/catalog/choosing/infer.ts";
import { diagnose } from "../compiler/diagnostics/diagnose.ts";
import type { Diagnostic } from "../compiler/diagnostics/types.ts";
import { show } from "../compiler/expr/expr.ts";
import { canonicalModel } from "../compiler/inspect/model.ts";
import type { FixedShapes } from "../compiler/ir/lengths.ts";
import type { CanonicalGraph, CanonicalNode } from "../compiler/ir/types.ts";
import type { ContextParallelPlan } from "../compiler/plan/types.ts";
import type { ShardOptions } from "../compiler/shard/state.ts";
import { planOf } from "./entries.ts";
import { factorMaps } from "./region/factor-maps.ts";
import { productSites } from "./region/streams.ts";
import { percent, printPlan } from "./print.ts";
import { remainsOf } from "./remains.ts";
import { searchPlan, type Found, type Nothing } from "./search.ts";
import { gatheringOf } from "./sites.ts";
import { shareSplit } from "../gain/share.ts";

export interface InferOptions {
  /** Path of the ONNX file. */
  readonly model: string;
  /** Sizes of dynamic inputs, by name: plans are compared at these. */
  readonly shapes?: FixedShapes;
  /** Where the plan will be written: `$model` is relative to its folder. Without it, `$model` is the path as given. Nothing is written. */
  readonly out?: string;
}

export type InferResult =
  | {
      readonly ok: true;
      /** The plan as `compilePlan` takes it. */
      readonly plan: ContextParallelPlan;
      /** The same as the text of a `.plan.jsonc` file, with a reason for each line. */
      readonly text: string;
      /** Share of the floating-point work that ranks divide, from 0 to 1, at `lengths`. */
      readonly share: number;
      /** The number that was assumed for each length of a dynamic model. */
      readonly lengths: Readonly<Record<string, number>>;
      readonly diagnostics: readonly Diagnostic[];
    }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Two ranks, the least that split anything; the layouts are the same for every scheme. */
const PROVEN: ShardOptions = {
  mesh: { batch_degree: 1, ring_degree: 1, ulysses_degree: 2 },
  rotate_method: "allgather",
  convert_to_fp32: true,
};

/**
 * Infers a plan for the ONNX file `model` and proves it. A model for which there is none, or that cannot be read, gives diagnostics.
 */
export async function inferPlan(options: InferOptions): Promise<InferResult> {
  const { model, shapes, out } = options;
  const graph = await canonicalModel(model, shapes);
  if (!graph.ok) return graph;
  const found = searchPlan(graph.value, PROVEN);
  if ("why" in found) {
    return { ok: false, diagnostics: [...graph.diagnostics, diagnosticOf(found, graph.value, model)] };
  }
  const named = pathFrom(model, out);
  const { lengths } = found.model.sizes;
  const own = Object.fromEntries(graph.value.lengths.map(({ name }) => [name, lengths[name]!]));
  const share = shareSplit(found.sharded, lengths);
  const attention = gatheringOf(found, graph.value, PROVEN);
  const stated = Object.keys(attention).length === 0 ? {} : { $attention: attention };
  const plan = { $model: named, ...stated, ...planOf(found.entries) } as ContextParallelPlan;
  const text = printPlan({
    entries: found.entries,
    model: named,
    attention,
    about: aboutOf(found, share, own),
    remains: remainsOf(found),
    sliced: slicedIn(found),
  });
  return { ok: true, plan, text, share, lengths: own, diagnostics: graph.diagnostics };
}

/** What the plan does, at which lengths, and what is unsure, a line each. */
function aboutOf(found: Found, share: number, lengths: Readonly<Record<string, number>>): readonly string[] {
  const names = Object.keys(lengths);
  const at = names.length === 0 ? "" : `, at ${names.map((name) => `${name} = ${lengths[name]}`).join(", ")}`;
  const rounds = found.repaired.length;
  const notes: readonly (readonly [boolean, string])[] = [
    [names.length > 0, "Unsure: other lengths may favour another plan. Give yours with --shape."],
    [
      found.decisions.some(({ isNamed }) => isNamed),
      'Unsure: a "value" names an ONNX value, since no parameter and no only output leads to it. The next export may give it another name.',
    ],
    [
      found.isOuter,
      "Unsure: a plan for whole sequences shares less of the work, or none, so this one splits the outermost of the axes that are merged into them.",
    ],
    [rounds > 0, `The proof refused ${rounds} earlier ${rounds === 1 ? "plan" : "plans"}.`],
  ];
  return [
    "Inferred by onnx-cp init. The compiler has proven that the result stays the same; each line says why it is there.",
    `Ranks share ${percent(share)} of the work of products, convolutions and attention${at}.`,
    ...notes.flatMap(([applies, note]) => (applies ? [note] : [])),
  ];
}

/** The values that the proof sliced, each once, with the modules where they meet split values. */
function slicedIn({ sharded }: Found): readonly string[] {
  const names = sharded.alignments.map(({ value, origin }) => ({ value, module: origin.module }));
  const values = [...new Set(names.map(({ value }) => value))];
  const shown = values.slice(0, 8).map((value) => {
    const modules = [...new Set(names.filter((one) => one.value === value).map(({ module }) => module || '""'))];
    const more = modules.length > 2 ? ` and ${modules.length - 2} more modules` : "";
    return `${value}, in ${modules.slice(0, 2).join(", ")}${more}`;
  });
  return values.length > shown.length ? [...shown, `and ${values.length - shown.length} more`] : shown;
}

function diagnosticOf({ why, refused }: Nothing, graph: CanonicalGraph, file: string): Diagnostic {
  const sites = sitesOf(graph);
  const [site] = sites;
  const last = refused.at(-1)?.[0];
  if (last !== undefined) {
    const params = { rounds: refused.length, last: last.message };
    return diagnose(inferMessages.allRefused, params, { file, related: last.related });
  }
  if (site === undefined || why === "no attention") return diagnose(inferMessages.noAttention, {}, { file });
  if (why === "no stream") return diagnose(inferMessages.noSequence, { sites: sites.length }, { file });
  const { value, axis } = site;
  const length = show(graph.shapes.get(value)?.dims[axis] ?? 1);
  return diagnose(inferMessages.noPlace, { module: site.node.scope, node: site.node.name, length }, { file });
}

/** Where rows are attended to: queries of attention, and results of products that are no known one. */
function sitesOf(
  graph: CanonicalGraph,
): readonly { readonly node: CanonicalNode; readonly value: string; readonly axis: number }[] {
  const attentions = graph.nodes.flatMap((node) => asCp(node, "Attention") ?? []);
  const { ends, seeds } = productSites(factorMaps(graph));
  const endOf = (value: string): CanonicalNode => [...ends].find(({ outputs }) => outputs.includes(value))!;
  return [
    ...attentions.map(({ node, q }) => ({ node, value: q, axis: 1 })),
    ...seeds.map(({ value, axis }) => ({ node: endOf(value), value, axis })),
  ];
}

/** The path of the model as a plan in the folder of `out` names it, with slashes on every system. */
function pathFrom(model: string, out: string | undefined): string {
  return (out === undefined ? model : relative(dirname(resolve(out)), resolve(model))).replaceAll("\\", "/");
}
