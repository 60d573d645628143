/**
 * @file `check`: compiles without writing, explains the layouts, proves them by execution.
 */
import { cliMessages } from "../../compiler/diagnostics/catalog/cli.ts";
import { compileStages } from "../../compiler/compile.ts";
import { diagnose, hasErrors } from "../../compiler/diagnostics/diagnose.ts";
import { reportOf, simulate } from "../../compiler/simulate/simulate.ts";
import type { ShardedGraph } from "../../compiler/shard/types.ts";
import { checkShares, type Shares } from "../../program/shares.ts";
import { checkDevices } from "../run/devices.ts";
import { explain, type Explanation, printExplanation } from "../print/explain.ts";
import type { Io } from "../io.ts";
import type { CompileOptions } from "../options.ts";
import { EXIT, type Outcome, outcome } from "../outcome.ts";
import { requestOf } from "../request.ts";
import { sampleFeeds } from "../run/sample-feeds.ts";
import { memoryReport, printMemory } from "../print/memory.ts";
import { summary } from "../print/summary.ts";

export interface CheckOptions extends CompileOptions {
  /** A pattern, or true for all modules. */
  readonly explain?: string | true;
  readonly simulate?: boolean;
  /** Relative speeds of the ranks, for the simulation. */
  readonly shares?: readonly number[];
}

export async function check(plan: string, options: CheckOptions, io: Io): Promise<Outcome> {
  const request = await requestOf(plan, options);
  if (!request.ok) return outcome(request.diagnostics);
  const { stages, diagnostics } = await compileStages({ ...request.value, signal: io.signal });
  const found = [...request.diagnostics, ...diagnostics];
  const { sharded, lowered } = stages;
  const explanation = options.explain !== undefined && sharded ? explain(stages, options.explain) : undefined;
  if (explanation?.ok === false) return outcome([...found, ...explanation.diagnostics]);
  const explained = explanation?.value ?? null;
  const memory = options.explain === true ? memoryReport(stages) : null;
  const said = `${explained === null ? "" : printExplanation(explained)}${memory === null ? "" : printMemory(memory)}`;
  if (!sharded || !lowered) return outcome(found, { explanation: explained }, said);
  const { shares } = options;
  const ranks = [
    ...(await checkDevices(lowered.program, options.devices)),
    ...(shares === undefined ? [] : checkShares(sharded.mesh, shares)),
  ];
  const all = [...found, ...ranks];
  if (hasErrors(ranks)) return outcome(all, { explanation: explained }, said);
  const result = { ...summary(lowered.program).result, explanation: explained, memory };
  const text = `${said}${summary(lowered.program).text}`;
  if (!options.simulate) return outcome(all, result, text);
  return simulated(sharded, shares ?? null, outcome(all, result, text));
}

/** Adds what the simulation found to an outcome that is fine so far. */
async function simulated(sharded: ShardedGraph, shares: Shares, before: Outcome): Promise<Outcome> {
  const feeds = sampleFeeds(sharded);
  const report = await simulate(sharded, feeds, { shares });
  if (!report.ok) {
    const inputs = Object.entries(feeds).map(([name, { dims }]) => `${name}=${dims.join(",")}`);
    const help = sharded.graph.lengths.length === 0 ? [] : [diagnose(cliMessages.noSample, { inputs })];
    return outcome([...before.diagnostics, ...report.diagnostics, ...help], before.result);
  }
  const { ranks, compared, wrong, wrongCount, differences } = report.value;
  const largest = Math.max(0, ...differences.values());
  const simulation = { ok: wrong === null, ranks, compared, wrong: wrongCount, largest_difference: largest };
  const diagnostics = [...before.diagnostics, reportOf(report.value)];
  const ended = outcome(diagnostics, { ...(before.result as object), simulation }, before.text);
  return wrong === null ? ended : { ...ended, exitCode: EXIT.unverified };
}

export type { Explanation };
