/**
 * @file Measures one case: the plain session, and a program on each backend, in turn. Knows the sides, not how results are kept.
 */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { comparisonOf } from "../cli/bench/comparison.ts";
import type { Comparison } from "../cli/bench/comparison.ts";
import { measureAlone, measureInTurn, measureOperators } from "../cli/bench/measure.ts";
import type { Alone } from "../cli/bench/measure.ts";
import type { Side } from "../cli/bench/sides/process.ts";
import type { Ran } from "../cli/bench/sides/protocol.ts";
import { costOf, ratiosOf, sideResult } from "../cli/bench/result.ts";
import type { Measured } from "../cli/bench/result.ts";
import { compilePlan } from "../index.ts";
import { compareOutputs } from "../runtime/verify.ts";
import type { Case } from "./cases.ts";
import { limitOf } from "./limits/products.ts";

import { feedsOf, modelFile, root } from "./models.ts";
import type { CaseResult, LimitResult, MeasuredSide } from "./results.ts";
import { FREE } from "./sides.ts";

interface Subject {
  readonly comparison: Comparison;
  readonly sides: readonly Side[];
}

/** Plain sessions alone by workload: they do not depend on the scheme. */
export type KnownAlone = Map<string, Alone>;

/** Throws what a side throws, and an error if outputs differ. */
export async function measureCase(
  one: Case,
  folder: string,
  known: KnownAlone,
  signal: AbortSignal,
): Promise<CaseResult> {
  const { comparison, sides } = await prepare(one, folder);
  const alone: Alone[] = [];
  for (const side of sides) {
    const before = side === comparison.plain ? known.get(one.workload.name) : undefined;
    alone.push(before ?? (await measureAlone(side, signal)));
  }
  known.set(one.workload.name, alone[0]!);
  const runs = await measureInTurn(sides, one.workload.rounds, signal);
  const measured = sides.map((side, i) => ({ side, alone: alone[i]!, runs: runs[i]! }));
  const [plain, ...others] = measured;
  const { program, lengths, threads } = comparison;
  const sent = runs.find((all) => all[0]?.stats !== null)!;
  return {
    rounds: one.workload.rounds,
    threads: { plain: threads.plain, rank: threads.rank },
    bytes_sent: costOf(program, lengths, sent).bytes_sent,
    plain: sideResult(plain!),
    sides: Object.fromEntries(others.map((other) => [other.side.name, measuredSide(comparison, plain!, other)])),
  };
}

/** What the plain session's operators could take at least. */
export async function measureLimit(one: Case, folder: string, signal: AbortSignal): Promise<LimitResult> {
  const { comparison } = await prepare(one, folder);
  const operators = await measureOperators(comparison.plain, folder, signal);
  return limitOf(operators, comparison.threads.plain);
}

async function prepare({ workload, scheme }: Case, folder: string): Promise<Subject> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const model = await modelFile(workload.model);
  const plan = join(root, "plans", `${workload.plan}.plan.json`);
  const compiled = await compilePlan({ model, plan, parallel: scheme.parallel, out: join(folder, "program") });
  if (!compiled.ok) throw new Error(compiled.diagnostics.map(({ message }) => message).join("\n"));
  const feeds = await feedsOf(model, workload.lengths);
  const found = comparisonOf({ compiled: compiled.program, model, feeds }, null, folder);
  if (!found.ok) throw new Error(found.diagnostics.map(({ message }) => message).join("\n"));
  const comparison = found.value;
  return { comparison, sides: await sidesOf(comparison, { workload, scheme }) };
}

/** The plain session first. Exchanges are left out only where every rank has a core: else ranks wait for cores, not for each other. */
async function sidesOf(
  { plain, split, threads }: Comparison,
  { workload, scheme }: Omit<Case, "name">,
): Promise<Side[]> {
  const { config } = split;
  const on = (backend: "native" | "binding"): Side["config"] => ({
    ...config,
    ...(config.kind === "split" && { backend }),
  });
  const sides: Side[] = [plain, { name: "native", config: on("native") }, { name: "binding", config: on("binding") }];
  if (scheme.ranks > 1 && scheme.ranks <= threads.cores) {
    sides.push({
      name: FREE,
      config: on("native"),
      script: fileURLToPath(new URL("limits/free-side.js", import.meta.url)),
    });
  }
  if (workload.second !== undefined && scheme.ranks === 1 && plain.config.kind === "plain") {
    const model = await modelFile(workload.second.model);
    sides.push({ name: workload.second.name, config: { ...plain.config, model } });
  }
  return sides;
}

function measuredSide(
  { program, lengths }: Comparison,
  plain: Measured,
  { side, alone, runs }: Measured & { readonly side: Side },
): MeasuredSide {
  const isSplit = runs.every(({ stats }: Ran) => stats !== null);
  const isComparable = Object.keys(alone.outputs).length > 0;
  const compared = isComparable ? compareOutputs(alone.outputs, plain.alone.outputs) : [];
  const wrong = compared.find(({ ok }) => !ok);
  if (wrong !== undefined)
    throw new Error(`${side.name}: the output ${wrong.name} differs from that of the plain session`);
  return {
    ...sideResult({ alone, runs }),
    ratios: ratiosOf(plain, { alone, runs }),
    breakdown: isSplit ? costOf(program, lengths, runs).breakdown : null,
    difference: isComparable ? Math.max(...compared.map(({ largest_absolute }) => largest_absolute)) : null,
  };
}
