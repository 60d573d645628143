/**
 * @file The check of one sample of a rule: the shapes that it infers against onnxruntime, and every split of every operand axis, for 2
 * and 3 ranks, simulated or refused.
 */
import { emitGraph } from "../../compiler/emit/emit.ts";
import { CP_OPERATORS, MICROSOFT_OPERATORS, OPERATORS } from "../../compiler/operators/table.ts";
import { CP, type CanonicalGraph } from "../../compiler/ir/types.ts";
import { evaluate, isOpen, type Expr } from "../../compiler/expr/expr.ts";
import type { ShardedGraph } from "../../compiler/shard/types.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { evaluateGraph } from "../../ort/evaluate.ts";
import { elementsIn } from "../../ort/tensors.ts";
import { countLengths, type Lengths } from "../../program/lengths.ts";
import { bound, feedsOf, graphOf, type Cut } from "./build.ts";
import type { Operand, Sample } from "./operands.ts";
import { SAMPLES } from "./samples.ts";
import { CP_SAMPLES, MICROSOFT_SAMPLES } from "./samples-own.ts";
import { shard } from "../support/stages.ts";

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
  const feeds = feedsOf(sample.operands);
  const counts = countLengths(graph, {}, (input, from, to) => elementsIn(feeds[input], from, to));
  const agree = said.every((s, i) => s?.elem === found[i]!.elem && sameDims(s.dims, found[i]!.dims, counts));
  return agree ? null : `${JSON.stringify(said)} for ${JSON.stringify(found)}`;
}

/** An extent that depends on data has a name, and no number to compare, unless it is counted. */
function sameDims(said: readonly Expr[], found: readonly number[], counts: Lengths): boolean {
  return said.length === found.length && said.every((e, i) => isOpen(e) || evaluate(e, counts) === found[i]);
}

/** What a split of one operand axis comes to: a line that says it, and where it is not refused the program for each number of ranks. */
export interface Attempt {
  readonly line: string;
  readonly programs: readonly ShardedGraph[];
}

/** A split of each operand axis on its own, of two or all operands together that have the same extent, and as the sample says; nothing is run. */
export function attemptsOf({ domain, op, sample }: Case): readonly Attempt[] {
  const graph = graphOf(domain, op, sample);
  const places = sample.operands.flatMap((o, operand) => placesOf(o, operand));
  const pairs = places.flatMap((a) =>
    places.flatMap((b) => (a.operand < b.operand && a.extent === b.extent ? [[a, b]] : [])),
  );
  const stated = sample.together?.map(([o, a]) => places.find((p) => p.operand === o && p.axis === a)!);
  const all = [...places.map((place) => [place]), ...pairs, ...togetherOf(places), ...(stated ? [stated] : [])];
  return all.map((cuts) => {
    const { line, programs } = attempt(graph, cuts);
    return { line: `  ${cuts.map((c) => `operand ${c.operand} axis ${c.axis}`).join(", ")}: ${line}`, programs };
  });
}

/** Three operands or more that share an extent, one axis of each: a stream and what belongs to its channels. */
function togetherOf(places: readonly Place[]): readonly (readonly Place[])[] {
  const extents = new Set(places.map((p) => p.extent));
  return [...extents].flatMap((extent) => {
    const alike = places.filter((p) => p.extent === extent);
    const cuts = alike.filter((p, i) => alike.findLastIndex((q) => q.operand === p.operand) === i);
    return cuts.length > 2 ? [cuts] : [];
  });
}

interface Place extends Cut {
  readonly operand: number;
  readonly extent: number;
}

/** Axes that can be split: of the operand, or of the feed that a Reshape makes it of. */
function placesOf(o: Operand, operand: number): readonly Place[] {
  if (o.kind !== "data") return [];
  const value = o.apart === undefined ? `x${operand}` : `x${operand}.0`;
  return (o.apart ?? o.dims).flatMap((extent, axis) => (extent < 2 ? [] : [{ value, operand, axis, extent }]));
}

function attempt(graph: CanonicalGraph, cuts: readonly Place[]): Attempt {
  let line = "";
  const programs: ShardedGraph[] = [];
  for (const ranks of [2, 3].filter((n) => n <= cuts[0]!.extent)) {
    const whole = graph.outputs.map(() => null);
    const open = shardFor(graph, cuts, whole, ranks);
    const codes = open.diagnostics.filter((d) => d.severity === "error" && d.code !== "CP4007").map((d) => d.code);
    if (codes.length > 0) return { line: codes.join(" "), programs: [] };
    const gathers = graph.outputs.map((output) => splitAxisOf(open.diagnostics, output));
    const closed = shardFor(graph, cuts, gathers, ranks);
    if (!closed.ok) return { line: closed.diagnostics.map((d) => d.code).join(" "), programs: [] };
    programs.push(closed.value);
    line = gathers.map((at, i) => `y${i} ${at === null ? "whole" : `axis ${at}`}`).join(", ");
  }
  return { line, programs };
}

/** Whether a program gives another value than the unsplit operator, or does not run. */
export async function wrongValue(program: ShardedGraph, { sample }: Case): Promise<string | null> {
  const report = await simulate(program, feedsOf(sample.operands));
  if (!report.ok) return report.diagnostics.map((d) => d.message).join("; ");
  return report.value.wrong?.diagnostic.message ?? null;
}

/** What became of a split of each operand axis, a line each. Throws where a split that was not refused gives another value. */
export async function splitsOf(test: Case): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const { line, programs } of attemptsOf(test)) {
    lines.push(line);
    for (const program of programs) {
      const wrong = await wrongValue(program, test);
      if (wrong !== null) throw new Error(wrong);
    }
  }
  return lines;
}

function shardFor(graph: CanonicalGraph, cuts: readonly Cut[], gathers: readonly (number | null)[], ranks: number) {
  const options = {
    mesh: { batch_degree: 1, ring_degree: 1, ulysses_degree: ranks },
    rotate_method: "allgather",
    convert_to_fp32: true,
  } as const;
  return shard(bound(graph, cuts, gathers), options);
}

/** The axis on which an output is still split, from the refusal that says so. */
function splitAxisOf(diagnostics: ReturnType<typeof shardFor>["diagnostics"], output: string): number | null {
  const refusal = diagnostics.find((d) => d.code === "CP4007" && d.message.includes(`"${output}"`));
  const axis = /"gather_dim": (\d+)/.exec(refusal?.hint ?? "")?.[1];
  return axis === undefined ? null : Number(axis);
}
