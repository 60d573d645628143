/**
 * @file The check of one sample of a rule: the shapes that it infers against onnxruntime, and every split of every operand axis, for 2
 * and 3 ranks, simulated or refused.
 */
import { emitGraph } from "../../../compiler/canonical/emit.ts";
import { CP_OPERATORS, MICROSOFT_OPERATORS, OPERATORS } from "../../../compiler/canonical/operators/table.ts";
import { CP, type CanonicalGraph } from "../../../compiler/canonical/types.ts";
import type { Expr } from "../../../compiler/expr/expr.ts";
import { shard } from "../../../compiler/shard/shard.ts";
import { simulate } from "../../../compiler/simulate/simulate.ts";
import { evaluateGraph } from "../../../ort/evaluate.ts";
import { bound, feedsOf, graphOf } from "./build.ts";
import type { Sample } from "./operands.ts";
import { CP_SAMPLES, MICROSOFT_SAMPLES, SAMPLES } from "./samples.ts";

export interface Case {
  /** As printed: `MatMul 0`, `cp.Attention 1`. */
  readonly name: string;
  readonly domain: string;
  readonly op: string;
  readonly sample: Sample;
}

export const CASES: readonly Case[] = [
  ...casesOf("", "", SAMPLES),
  ...casesOf("cp.", CP, CP_SAMPLES),
  ...casesOf("com.microsoft.", "com.microsoft", MICROSOFT_SAMPLES),
];

function casesOf(
  prefix: string,
  domain: string,
  samples: Readonly<Record<string, readonly Sample[]>>,
): readonly Case[] {
  return Object.entries(samples).flatMap(([op, list]) =>
    list.map((sample, i): Case => ({ name: `${prefix}${op} ${i}`, domain, op, sample })),
  );
}

/** The part of the table that holds an operator's rule. */
export function tableOf(domain: string): Readonly<Record<string, (typeof OPERATORS)["Add"]>> {
  if (domain === CP) return CP_OPERATORS;
  return domain === "" ? OPERATORS : MICROSOFT_OPERATORS;
}

/** What is wrong with the shapes that the rule infers, or `null`. */
export async function wrongShape({ domain, op, sample }: Case): Promise<string | null> {
  const graph = graphOf(domain, op, sample);
  const { graph: plain, opsets } = emitGraph(graph);
  const outputs = await evaluateGraph(plain, feedsOf(sample.operands), { opsets });
  const said = graph.outputs.map((name) => graph.shapes.get(name) ?? null);
  const found = graph.outputs.map((name) => ({ elem: outputs[name]!.elem, dims: outputs[name]!.dims }));
  const agree = said.every((s, i) => s?.elem === found[i]!.elem && sameDims(s.dims, found[i]!.dims));
  return agree ? null : `${JSON.stringify(said)} for ${JSON.stringify(found)}`;
}

/** An extent that depends on data has a name, and no number to compare. */
function sameDims(said: readonly Expr[], found: readonly number[]): boolean {
  const isFree = (e: Expr): boolean => typeof e === "string" && e.startsWith("?");
  return said.length === found.length && said.every((e, i) => isFree(e) || e === found[i]);
}

/** What became of a split of each operand axis, a line each. Throws where a split that was not refused gives another value. */
export async function splitsOf({ domain, op, sample }: Case): Promise<readonly string[]> {
  const graph = graphOf(domain, op, sample);
  const lines: string[] = [];
  for (const [operand, o] of sample.operands.entries()) {
    if (o.kind !== "data") continue;
    for (const [axis, extent] of o.dims.entries()) {
      if (extent < 2) continue;
      lines.push(`  operand ${operand} axis ${axis}: ${await trySplit(graph, sample, operand, axis, extent)}`);
    }
  }
  return lines;
}

async function trySplit(
  graph: CanonicalGraph,
  sample: Sample,
  operand: number,
  axis: number,
  extent: number,
): Promise<string> {
  let said = "";
  for (const ranks of [2, 3].filter((n) => n <= extent)) {
    const whole = graph.outputs.map(() => null);
    const open = shardFor(graph, operand, axis, whole, ranks);
    const codes = open.diagnostics.filter((d) => d.severity === "error" && d.code !== "CP4007").map((d) => d.code);
    if (codes.length > 0) return codes.join(" ");
    const gathers = graph.outputs.map((output) => splitAxisOf(open.diagnostics, output));
    const closed = shardFor(graph, operand, axis, gathers, ranks);
    if (!closed.ok) return closed.diagnostics.map((d) => `${d.code} ${d.message}`).join(" ");
    const report = await simulate(closed.value, feedsOf(sample.operands));
    if (!report.ok) throw new Error(report.diagnostics.map((d) => d.message).join("; "));
    if (report.value.wrong !== null) throw new Error(report.value.wrong.diagnostic.message);
    said = gathers.map((at, i) => `y${i} ${at === null ? "whole" : `axis ${at}`}`).join(", ");
  }
  return said;
}

function shardFor(
  graph: CanonicalGraph,
  operand: number,
  axis: number,
  gathers: readonly (number | null)[],
  ranks: number,
) {
  const options = {
    mesh: { ring_degree: 1, ulysses_degree: ranks },
    rotate_method: "allgather",
    convert_to_fp32: true,
  } as const;
  return shard(bound(graph, operand, axis, gathers), options);
}

/** The axis on which an output is still split, from the refusal that says so. */
function splitAxisOf(diagnostics: ReturnType<typeof shardFor>["diagnostics"], output: string): number | null {
  const refusal = diagnostics.find((d) => d.code === "CP4007" && d.message.includes(`"${output}"`));
  const axis = /"gather_dim": (\d+)/.exec(refusal?.hint ?? "")?.[1];
  return axis === undefined ? null : Number(axis);
}
