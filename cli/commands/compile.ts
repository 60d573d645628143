/**
 * @file `compile`: writes the program of a plan, and prints stages.
 */
import { compileStages } from "../../compiler/compile.ts";
import { writeProgram } from "../../compiler/lower/write.ts";
import { dump } from "../print/dump.ts";
import type { CompileOptions, StageName } from "../options.ts";
import { type Outcome, outcome } from "../outcome.ts";
import { requestOf } from "../request.ts";
import { summary } from "../print/summary.ts";

export interface CompileCommandOptions extends CompileOptions {
  readonly out: string;
  readonly dump?: StageName;
}

export async function compile(plan: string, options: CompileCommandOptions): Promise<Outcome> {
  const request = await requestOf(plan, options);
  if (!request.ok) return outcome(request.diagnostics);
  const { stages, diagnostics } = await compileStages(request.value);
  const found = [...request.diagnostics, ...diagnostics];
  const dumped = options.dump === undefined ? null : dump(stages, options.dump);
  if (stages.lowered === undefined) return outcome(found, { dump: dumped }, dumped ?? "");
  const written = writeProgram(stages.lowered, options.out);
  if (!written.ok) return outcome([...found, ...written.diagnostics]);
  const { result, text } = summary(stages.lowered.program);
  return outcome(found, { folder: options.out, ...result, dump: dumped }, dumped ?? `${options.out}\n${text}`);
}
