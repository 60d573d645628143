/**
 * @file Attention over rows in the order in which ranks sent them. Without a mask or a causal pattern neither the order of the keys nor that
 * of the queries matters, so that the blocks of ranks need not be cut at the segments and put into the order of the sequence.
 */
import { add, equal } from "../../expr/expr.ts";
import { int, numberAttribute } from "../../graph/attributes.ts";
import { asCp } from "../../ir/cp.ts";
import type { LocalStep } from "../../shard/types.ts";
import type { Flow } from "../flow.ts";
import { edit } from "./edit.ts";
import type { Edit, Listed } from "./edit.ts";

const ROWS = 1;

/** A Concat of rows that cuts every source and joins all of its cuts: cut `cut` of source `source`, in the order of the Concat. */
interface Arranged {
  readonly sources: readonly string[];
  readonly runs: readonly { readonly source: number; readonly cut: number; readonly name: string }[];
}

export function attendInRankOrder(flow: Flow, listed: Listed): Flow {
  const e = edit(flow, listed);
  for (const step of flow.steps) if (step.kind === "local" && asCp(step.node, "Attention") !== null) reorder(e, step);
  return e.done();
}

function reorder(e: Edit, step: LocalStep): void {
  const operation = asCp(step.node, "Attention");
  if (operation === null || operation.mask !== null || operation.causal) return;
  const [q, k, v] = [operation.q, operation.k, operation.v].map((value) => arrangedIn(e, value, step));
  if (!q || !k || !v || !sameOrder(e, k, v)) return;
  const result = operation.result;
  const cuts = cutsOf(e, result, step, q);
  if (cuts === null) return;
  const joined = [q, k, v].map(({ sources }, i) => {
    const dims = e.dimsOf([operation.q, operation.k, operation.v][i]!);
    return e.add(step, { op: "Concat", inputs: sources, attributes: { axis: int(ROWS) }, dims: [dims] })[0]!;
  });
  const { op, domain, attributes } = step.node;
  const [out] = e.add(step, { op, domain, inputs: joined, attributes, dims: [e.dimsOf(result)] });
  const blocks = q.sources.map((source) =>
    e.dimsOf(result).map((dim, i) => (i === ROWS ? e.dimsOf(source)[ROWS]! : dim)),
  );
  const sizes = e.integers(blocks.map((dims) => dims[ROWS]!));
  const outputs = cuts.map(({ node }) => node.outputs[0]!);
  e.add(step, { op: "Split", inputs: [out!, sizes], attributes: { axis: int(ROWS) }, dims: blocks, outputs });
  for (const dropped of [step, ...cuts]) e.drop(dropped);
}

/** `value` as rows of several sources that are cut and joined for the attention only. */
function arrangedIn(e: Edit, value: string, attention: LocalStep): Arranged | null {
  const concat = e.made(value, "Concat");
  if (concat === null || !alongRows(e, concat) || !e.isOnlyFor(value, attention)) return null;
  const sources: string[] = [];
  const runs: Arranged["runs"][number][] = [];
  for (const name of concat.node.inputs) {
    const split = e.made(name, "Split");
    if (split === null || !alongRows(e, split) || !e.isOnlyFor(name, concat)) return null;
    const [source = ""] = split.node.inputs;
    if (!sources.includes(source)) sources.push(source);
    runs.push({ source: sources.indexOf(source), cut: split.node.outputs.indexOf(name), name });
  }
  const all = sources.every((source, i) => {
    const own = runs.filter((run) => run.source === i);
    const cuts = e.made(own[0]!.name, "Split")!.node.outputs.length;
    return own.length === cuts && own.every(({ cut }, at) => cut === at) && e.dimsOf(source).length === 4;
  });
  return all ? { sources, runs } : null;
}

function alongRows(e: Edit, { node }: LocalStep): boolean {
  const axis = numberAttribute(node.attributes, "axis", 0);
  return axis === ROWS || axis === ROWS - e.dimsOf(node.outputs[0]!).length;
}

/** Each key keeps its value: both are cut at the same rows and joined alike. */
function sameOrder(e: Edit, a: Arranged, b: Arranged): boolean {
  return a.runs.length === b.runs.length && a.runs.every((run, i) => isSameRun(e, run, b.runs[i]!));
}

function isSameRun(e: Edit, a: Arranged["runs"][number], b: Arranged["runs"][number]): boolean {
  const rows = [a, b].map(({ name }) => e.dimsOf(name)[ROWS]!);
  return a.source === b.source && a.cut === b.cut && equal(rows[0]!, rows[1]!);
}

/** For each source of the queries the Concat that joins its rows of the result; `null` where the result is used otherwise. */
function cutsOf(e: Edit, result: string, attention: LocalStep, q: Arranged): readonly LocalStep[] | null {
  const [split] = e.readersOf(result);
  if (split?.kind !== "local" || split.node.op !== "Split" || !alongRows(e, split)) return null;
  if (!e.isOnlyFor(result, split) || split.node.inputs[0] !== result || split === attention) return null;
  const { outputs } = split.node;
  if (outputs.length !== q.runs.length) return null;
  const fit = outputs.every((name, i) =>
    equal(add(0, e.dimsOf(name)[ROWS]!), add(0, e.dimsOf(q.runs[i]!.name)[ROWS]!)),
  );
  if (!fit) return null;
  const joins: LocalStep[] = [];
  for (const [source] of q.sources.entries()) {
    const own = outputs.filter((_, i) => q.runs[i]!.source === source);
    const [join] = e.readersOf(own[0]!);
    if (join?.kind !== "local" || join.node.op !== "Concat" || !alongRows(e, join)) return null;
    if (!own.every((name) => e.isOnlyFor(name, join)) || join.node.inputs.join("\n") !== own.join("\n")) return null;
    joins.push(join);
  }
  return joins;
}
