/**
 * @file The compile request from the options of check, compile, run and bench. The mesh comes from a file, from degrees, or from the devices;
 * the model from the options or from the plan; the plan from a file or from standard input.
 */
import { dirname, isAbsolute, join } from "node:path";
import type { CompileOptions as CompileRequest } from "../compiler/compile.ts";
import { cliMessages } from "../compiler/diagnostics/catalog/cli.ts";
import { fileMessages } from "../compiler/diagnostics/catalog/plan.ts";
import { diagnose } from "../compiler/diagnostics/diagnose.ts";
import type { Result } from "../compiler/diagnostics/types.ts";
import { limits } from "../compiler/limits/limits.ts";
import { readParallelConfigFile, readPlanFile, readPlanText } from "../compiler/plan/read.ts";
import { decode, STANDARD_INPUT } from "../compiler/plan/source.ts";
import type { CommandIo } from "./io.ts";
import type { CompileOptions } from "./options.ts";
import { UsageError } from "./outcome.ts";

const DEVICES: readonly string[] = ["cpu", "cpu"];

/** The argument that means standard input. */
export const DASH = "-";

/** `CompileRequest` of a plan in a file, or of one whose text was read. */
export type PlanRequest = CompileRequest & { readonly plan: string };

/** Fails if the file of `--config` is wrong, or the plan that should name the model. Throws `UsageError` if nothing names a model. */
export async function requestOf(
  argument: string,
  options: CompileOptions,
  io: Pick<CommandIo, "stdin">,
): Promise<Result<PlanRequest>> {
  const parallel = await parallelOf(options);
  if (!parallel.ok) return parallel;
  const given = await planOf(argument, io);
  if (!given.ok) return given;
  const model = await modelOf(given.value, options);
  if (!model.ok) return model;
  const { shape, strict } = options;
  const value = {
    ...given.value,
    model: model.value,
    parallel: parallel.value,
    ...(shape === undefined ? {} : { shapes: shape }),
    ...(strict === undefined ? {} : { strict }),
  };
  return { ok: true, value, diagnostics: parallel.diagnostics };
}

/** A plan's file; or its text, and the name that diagnostics use. */
type Given = Pick<PlanRequest, "plan" | "planText">;

/** A plan by its path, or the text on standard input. */
export async function planOf(argument: string, { stdin }: Pick<CommandIo, "stdin">): Promise<Result<Given>> {
  if (argument !== DASH) return { ok: true, value: { plan: argument }, diagnostics: [] };
  const [file, limit] = [STANDARD_INPUT, limits.planBytes.most];
  const bytes = await stdin(limit);
  if (bytes.length > limit) {
    return { ok: false, diagnostics: [diagnose(fileMessages.tooLarge, { bytes: bytes.length, limit }, { file })] };
  }
  const text = decode(bytes, file);
  return text.ok ? { ...text, value: { plan: file, planText: text.value } } : text;
}

/** The model of `--model`, or of the plan. Throws `UsageError` if nothing names one. */
export async function modelOf(
  { plan, planText }: Given,
  { model }: Pick<CompileOptions, "model">,
): Promise<Result<string>> {
  if (model !== undefined) return { ok: true, value: model, diagnostics: [] };
  const read = await (planText === undefined ? readPlanFile(plan) : readPlanText(planText, plan));
  if (!read.ok) return read;
  const { model: named } = read.value;
  if (named === null) throw new UsageError('the option --model <MODEL> is required, or "$model" in the plan');
  const folder = planText === undefined ? dirname(plan) : ".";
  return { ok: true, value: isAbsolute(named) ? named : join(folder, named), diagnostics: [] };
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
