/**
 * @file Which check of a rule detects a mutant of it: the first one, or none.
 */
import { viewOf } from "../../compiler/operators/infer.ts";
import type { FactorMap, OperatorRule, ResultType } from "../../compiler/operators/types.ts";
import { unknown } from "../../compiler/operators/rules/opaque.ts";
import { ruleOf } from "../../compiler/operators/table.ts";
import { CP, type CanonicalGraph, type ValueShape } from "../../compiler/ir/types.ts";
import { graphOf } from "./build.ts";
import { attemptsOf, tableOf, wrongValue, type Attempt, type Case } from "./check.ts";
import { meaningOf, mutantsOf, type Mutant } from "./mutators.ts";

/** `shape`: other shapes or none; `outcome`: refused where the rule follows, or the reverse; `value`: a wrong result; or none of these. */
export type Fate = "shape" | "outcome" | "value" | "verifier" | "crash" | "survived" | "equivalent";

export interface Tried {
  readonly test: Case;
  readonly way: string;
  readonly what: string;
  readonly fate: Fate;
  /** A mutant that follows what the rule refuses, and gives the right result all the same. */
  readonly needless: boolean;
}

interface Known {
  readonly shapes: readonly (ValueShape | undefined)[];
  readonly attempts: readonly Attempt[];
}

/** A way to alter a rule as a whole. */
interface Alteration {
  readonly way: string;
  readonly what: string;
  readonly rule: OperatorRule;
}

/** Every mutant of a rule, as far as one sample of it tells them apart. `run`: simulates where nothing else tells. */
export async function tryMutants(
  test: Case,
  take: (index: number) => boolean,
  deep: boolean,
): Promise<readonly Tried[]> {
  const known = look(test);
  const rule = tableOf(test.domain)[test.op]!;
  const tried: Tried[] = [];
  for (const [index, altered] of alterations(test, rule).entries()) {
    if (!take(index)) continue;
    if (altered.rule === rule) {
      tried.push({ test, way: altered.way, what: altered.what, fate: "equivalent", needless: false });
      continue;
    }
    const { fate, needless } = await withRule(test, altered.rule, () => judge(test, known, deep));
    tried.push({ test, way: altered.way, what: altered.what, fate, needless });
  }
  return tried;
}

function look(test: Case): Known {
  const graph = graphOf(test.domain, test.op, test.sample);
  return { shapes: graph.outputs.map((name) => graph.shapes.get(name)), attempts: attemptsOf(test) };
}

function alterations(test: Case, rule: OperatorRule): readonly Alteration[] {
  const graph = graphOf(test.domain, test.op, test.sample);
  const map = mapOf(graph, rule);
  const ofMap = map === null || test.sample.refused ? [] : mutantsOf(map);
  const operands = test.sample.operands.map((o) =>
    o.kind === "absent" ? null : { dims: o.dims, isFloat: o.elem.includes("float") },
  );
  const meaning = map === null ? "" : meaningOf(map, operands, map.sizing);
  return [
    { way: "no row", what: "the operator unknown", rule: unknown },
    ...rule.types
      .slice(0, graph.outputs.length)
      .map((_, i) => ({ way: "a wrong element type", what: `result ${i}`, rule: withType(rule, graph, i) })),
    ...ofMap.map(({ way, what, map: mutant }) => ({
      way,
      what,
      rule:
        mutant !== null && (meaningOf(mutant, operands, map!.sizing) === meaning || isElsewhere(test, what))
          ? rule
          : withMutant(rule, { way, what }),
    })),
  ];
}

/** Splits, gathers and attention have code of their own, which reads no operand's axes; `test/attention` alters that. */
function isElsewhere({ domain }: Case, what: string): boolean {
  return domain === CP && (what.startsWith("inputs") || what.startsWith("sizing") || /^factor.* as /.test(what));
}

function mapOf(graph: CanonicalGraph, rule: OperatorRule): FactorMap | null {
  const node = graph.nodes.at(-1);
  return node === undefined
    ? null
    : rule.factors(viewOf(node, { ...graph, declared: (v) => graph.shapes.get(v) ?? null }));
}

/** The same alteration of every map of the rule, that of a rank's node too. */
function withMutant(rule: OperatorRule, { way, what }: Pick<Mutant, "way" | "what">): OperatorRule {
  return {
    ...rule,
    factors: (view) => {
      const map = rule.factors(view);
      const mutant: Mutant | undefined =
        map === null ? undefined : mutantsOf(map).find((m) => m.way === way && m.what === what);
      return mutant === undefined ? map : mutant.map;
    },
  };
}

function withType(rule: OperatorRule, graph: CanonicalGraph, result: number): OperatorRule {
  const right = graph.shapes.get(graph.outputs[result] ?? "")?.elem;
  const wrong: ResultType = { elem: right === "uint16" ? "int16" : "uint16" };
  return { ...rule, types: rule.types.with(result, wrong) as unknown as OperatorRule["types"] };
}

async function withRule<T>(test: Case, rule: OperatorRule, work: () => Promise<T>): Promise<T> {
  const table = tableOf(test.domain) as Record<string, OperatorRule>;
  const own = table[test.op]!;
  table[test.op] = rule;
  try {
    if (ruleOf(test) !== rule) throw new Error("the table is not what the compiler reads");
    return await work();
  } finally {
    table[test.op] = own;
  }
}

async function judge(test: Case, known: Known, deep: boolean): Promise<{ fate: Fate; needless: boolean }> {
  try {
    const now = look(test);
    if (JSON.stringify(now.shapes) !== JSON.stringify(known.shapes)) return { fate: "shape", needless: false };
    const other = now.attempts.filter(({ line }, i) => line !== known.attempts[i]!.line);
    if (other.length > 0) return { fate: "outcome", needless: deep && (await needless(test, known, now)) };
    for (const [i, { programs }] of now.attempts.entries()) {
      for (const [j, program] of programs.entries()) {
        if (same(program, known.attempts[i]!.programs[j])) continue;
        if ((await wrongValue(program, test)) !== null) return { fate: "value", needless: false };
      }
    }
    return { fate: "survived", needless: false };
  } catch (error) {
    const verified = error instanceof Error && error.message.includes("is inconsistent");
    return { fate: verified ? "verifier" : "crash", needless: false };
  }
}

/** True where the mutant only follows more than the rule does, and every result is right. */
async function needless(test: Case, known: Known, now: Known): Promise<boolean> {
  for (const [i, { line, programs }] of now.attempts.entries()) {
    const before = known.attempts[i]!;
    if (before.programs.length > 0 && line !== before.line) return false;
    for (const program of programs) if ((await wrongValue(program, test)) !== null) return false;
  }
  return true;
}

function same(a: Attempt["programs"][number], b: Attempt["programs"][number] | undefined): boolean {
  const text = (p: typeof a | undefined): string =>
    p === undefined ? "" : JSON.stringify([p.steps, [...p.integers], [...p.layouts], [...p.localShapes]]);
  return text(a) === text(b);
}
