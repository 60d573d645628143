/**
 * @file The compile request from the options of check, compile and run. The mesh comes from a file, from degrees, or from the devices; the
 * model from the options or from the plan.
 */
import { dirname, isAbsolute, join } from "node:path";
import type { CompileOptions as CompileRequest } from "../compiler/compile.ts";
import { cliMessages } from "../compiler/diagnostics/catalog/cli.ts";
import { diagnose } from "../compiler/diagnostics/diagnose.ts";
import type { Result } from "../compiler/diagnostics/types.ts";
import { readParallelConfigFile, readPlanFile } from "../compiler/plan/read.ts";
import type { CompileOptions } from "./options.ts";
import { UsageError } from "./outcome.ts";

const DEVICES: readonly string[] = ["cpu", "cpu"];

/** Fails if the file of `--config` is wrong, or the plan that should name the model. Throws `UsageError` if nothing names a model. */
export async function requestOf(plan: string, options: CompileOptions): Promise<Result<CompileRequest>> {
  const parallel = await parallelOf(options);
  if (!parallel.ok) return parallel;
  const model = await modelOf(plan, options);
  if (!model.ok) return model;
  const { shape, strict } = options;
  const value = {
    plan,
    model: model.value,
    parallel: parallel.value,
    ...(shape === undefined ? {} : { shapes: shape }),
    ...(strict === undefined ? {} : { strict }),
  };
  return { ok: true, value, diagnostics: parallel.diagnostics };
}

/** The model of `--model`, or of the plan. Throws `UsageError` if nothing names one. */
export async function modelOf(plan: string, { model }: Pick<CompileOptions, "model">): Promise<Result<string>> {
  if (model !== undefined) return { ok: true, value: model, diagnostics: [] };
  const read = await readPlanFile(plan);
  if (!read.ok) return read;
  const { model: named } = read.value;
  if (named === null) throw new UsageError('the option --model <MODEL> is required, or "$model" in the plan');
  return { ok: true, value: isAbsolute(named) ? named : join(dirname(plan), named), diagnostics: [] };
}

async function parallelOf(options: CompileOptions): Promise<Result<object>> {
  if (options.config !== undefined) return readParallelConfigFile(options.config);
  const { batchDegree: batch, ringDegree: ring, ulyssesDegree: ulysses, devices = DEVICES } = options;
  const degreesGiven = batch !== undefined || ring !== undefined || ulysses !== undefined;
  const value = {
    batch_degree: batch ?? 1,
    ring_degree: ring ?? 1,
    ulysses_degree: ulysses ?? (degreesGiven ? 1 : devices.length),
    convert_to_fp32: options.convertToFp32,
    ...(options.rotateMethod === undefined ? {} : { rotate_method: options.rotateMethod }),
  };
  const note = diagnose(cliMessages.degreesFromDevices, { devices: devices.length });
  return { ok: true, value, diagnostics: degreesGiven ? [] : [note] };
}
