/**
 * @file The check of one plan: compiles without writing, explains the layouts, proves them by execution.
 */
import { compileStages, type Stages } from "../../compiler/compile.ts";
import { hasErrors } from "../../compiler/diagnostics/diagnose.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import { externalFiles } from "../../compiler/graph/external-files.ts";
import { readNpz } from "../../ort/files/npz.ts";
import { simulateChosen } from "../../compiler/simulate/inputs/try.ts";
import { reportOf, roundingOf, simulate, warningsOf } from "../../compiler/simulate/simulate.ts";
import type { ShardedGraph } from "../../compiler/shard/types.ts";
import { gainOf } from "../../gain/gain.ts";
import { explainRepeated, judge } from "../../gain/judge.ts";
import { checkShares } from "../../program/shares.ts";
import { checkDevices } from "../run/devices.ts";
import { explain, printExplanation } from "../print/explain.ts";
import type { CommandIo } from "../io.ts";
import type { CompileOptions } from "../options.ts";
import { EXIT, type Outcome, outcome } from "../outcome.ts";
import { type PlanRequest, requestOf } from "../request.ts";
import { memoryReport, printMemory } from "../print/memory.ts";
import { summary } from "../print/summary.ts";

export interface CheckOptions extends CompileOptions {
  /** A pattern, or true for all modules. */
  readonly explain?: string | true;
  readonly simulate?: boolean;
  /** The archive of inputs for the simulation. */
  readonly inputs?: string;
  /** Relative speeds of the ranks, for the simulation. */
  readonly shares?: readonly number[];
}

export interface Checked {
  readonly outcome: Outcome;
  /** The files that it was made from, as far as they are known, without those that the plan imports. */
  readonly sources: readonly string[];
}

export async function checkPlan(plan: string, options: CheckOptions, io: CommandIo): Promise<Checked> {
  const request = await requestOf(plan, options, io);
  const named = [options.model, options.config, options.inputs].filter((file) => file !== undefined);
  if (!request.ok) return { outcome: outcome(request.diagnostics), sources: named };
  const { stages, diagnostics } = await compileStages({ ...request.value, signal: io.signal });
  const data = stages.model === undefined ? [] : externalFiles(stages.model.graph);
  const before = outcome([...request.diagnostics, ...diagnostics]);
  return {
    outcome: await judged(stages, request.value, options, before),
    sources: [...new Set([...named, request.value.model, ...data])],
  };
}

/** What follows from the stages that ran. */
async function judged(stages: Stages, request: PlanRequest, options: CheckOptions, before: Outcome): Promise<Outcome> {
  const { sharded, lowered } = stages;
  const explanation = options.explain !== undefined && sharded ? explain(stages, options.explain) : undefined;
  if (explanation?.ok === false) return outcome([...before.diagnostics, ...explanation.diagnostics]);
  const explained = explanation?.value ?? null;
  const memory = options.explain === true ? memoryReport(stages) : null;
  const said = `${explained === null ? "" : printExplanation(explained)}${memory === null ? "" : printMemory(memory)}`;
  if (!sharded || !lowered) return outcome(before.diagnostics, { explanation: explained }, said);
  const { shares } = options;
  const gain = await gainOf(stages, true);
  const found = [
    ...judge(gain, sharded.mesh, request),
    ...explainRepeated(gain, sharded.mesh, request, stages.bound?.bindings ?? []),
    ...(await checkDevices(lowered.program, options.devices)),
    ...(shares === undefined ? [] : checkShares(sharded.mesh, shares)),
  ];
  const all = [...before.diagnostics, ...found];
  if (hasErrors(found)) return outcome(all, { explanation: explained, gain }, said);
  const { result, text } = summary(lowered.program, gain);
  const ended = outcome(all, { ...result, gain, explanation: explained, memory }, `${said}${text}`);
  return options.simulate ? simulated(sharded, options, ended) : ended;
}

/** Adds what the simulation found to an outcome that is fine so far. */
async function simulated(
  sharded: ShardedGraph,
  { inputs: file, shares }: CheckOptions,
  before: Outcome,
): Promise<Outcome> {
  const given = file === undefined ? null : await readNpz(file);
  if (given?.ok === false) return outcome([...before.diagnostics, ...given.diagnostics], before.result);
  const options = { shares: shares ?? null };
  const report =
    given === null ? await simulateChosen(sharded, options) : await simulate(sharded, given.value, options);
  if (!report.ok) return outcome([...before.diagnostics, ...report.diagnostics.map(within(file))], before.result);
  const { ranks, compared, wrong, wrongCount, differences } = report.value;
  const largest = Math.max(0, ...differences.values());
  const rounding = roundingOf(report.value);
  const simulation = { ok: wrong === null, ranks, compared, wrong: wrongCount, largest_difference: largest, rounding };
  const diagnostics = [...before.diagnostics, reportOf(report.value), ...warningsOf(report.value)];
  const ended = outcome(diagnostics, { ...(before.result as object), simulation }, before.text);
  return wrong === null ? ended : { ...ended, exitCode: EXIT.unverified };
}

/** What is wrong with inputs is wrong in their archive, unless the plan says what they must be. */
function within(file: string | undefined): (diagnostic: Diagnostic) => Diagnostic {
  return (diagnostic) => (file === undefined || diagnostic.file !== undefined ? diagnostic : { ...diagnostic, file });
}
