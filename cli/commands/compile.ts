/**
 * @file `compile`: writes the program of a plan, and prints stages.
 */
import { compileStages, sourcesOf } from "../../compiler/compile.ts";
import { type Commit, writeProgram } from "../../compiler/lower/write.ts";
import { hasErrors } from "../../compiler/diagnostics/diagnose.ts";
import { gainOf } from "../../gain/gain.ts";
import { judge } from "../../gain/judge.ts";
import { dump } from "../print/dump.ts";
import type { CommandIo } from "../io.ts";
import type { CompileOptions, StageName } from "../options.ts";
import { type Outcome, outcome } from "../outcome.ts";
import { requestOf } from "../request.ts";
import { memoryLine, memoryReport } from "../print/memory.ts";
import { summary } from "../print/summary.ts";

export interface CompileCommandOptions extends CompileOptions {
  readonly out: string;
  readonly dump?: StageName;
  readonly copyWeights?: boolean;
}

export async function compile(plan: string, options: CompileCommandOptions, io: CommandIo): Promise<Outcome> {
  const { out, config } = options;
  const request = await requestOf(plan, options, io);
  if (!request.ok) return outcome(request.diagnostics);
  const { stages, diagnostics } = await compileStages({ ...request.value, signal: io.signal });
  const found = [...request.diagnostics, ...diagnostics];
  const dumped = options.dump === undefined ? null : dump(stages, options.dump);
  const { model, lowered } = stages;
  if (model === undefined || lowered === undefined) return outcome(found, { dump: dumped }, dumped ?? "");
  const gain = await gainOf(stages, false);
  const said = [...found, ...judge(gain, lowered.program.mesh, request.value)];
  if (hasErrors(said)) return outcome(said, { dump: dumped }, dumped ?? "");
  const sources = [...sourcesOf(request.value, model), ...(config === undefined ? [] : [config])];
  const commit: Commit = (work) => io.commit(out, work);
  const written = await writeProgram(lowered, out, {
    sources,
    signal: io.signal,
    commit,
    copyModel: options.copyWeights,
  });
  if (!written.ok) return outcome([...said, ...written.diagnostics]);
  const { result, text } = summary(lowered.program, gain);
  // Only where the caller has fixed all lengths: at sample lengths the number would tell little.
  const memory = lowered.program.lengths.length === 0 ? memoryReport(stages) : null;
  const predicted = memory === null ? "" : memoryLine(memory);
  return outcome(said, { folder: out, ...result, gain, memory, dump: dumped }, dumped ?? `${out}\n${text}${predicted}`);
}
