/**
 * @file What the options of check, compile and run ask the compiler for. The mesh comes from a file, from degrees, or from the devices.
 */
import type { CompileOptions as CompileRequest } from "../compiler/compile.ts";
import { cliMessages } from "../compiler/diagnostics/catalog/cli.ts";
import { diagnose } from "../compiler/diagnostics/diagnose.ts";
import type { Result } from "../compiler/diagnostics/types.ts";
import { readParallelConfigFile } from "../compiler/plan/read.ts";
import type { CompileOptions } from "./options.ts";

const DEVICES: readonly string[] = ["cpu", "cpu"];

/** Fails only where the file of `--config` is wrong. */
export async function requestOf(plan: string, model: string, options: CompileOptions): Promise<Result<CompileRequest>> {
  const parallel = await parallelOf(options);
  if (!parallel.ok) return parallel;
  const { shape, strict } = options;
  const value = {
    plan,
    model,
    parallel: parallel.value,
    ...(shape === undefined ? {} : { shapes: shape }),
    ...(strict === undefined ? {} : { strict }),
  };
  return { ok: true, value, diagnostics: parallel.diagnostics };
}

async function parallelOf(options: CompileOptions): Promise<Result<object>> {
  if (options.config !== undefined) return readParallelConfigFile(options.config);
  const { ringDegree: ring, ulyssesDegree: ulysses, devices = DEVICES } = options;
  const degreesGiven = ring !== undefined || ulysses !== undefined;
  const value = {
    ring_degree: ring ?? 1,
    ulysses_degree: ulysses ?? (degreesGiven ? 1 : devices.length),
    convert_to_fp32: options.convertToFp32,
    ...(options.rotateMethod === undefined ? {} : { rotate_method: options.rotateMethod }),
  };
  const note = diagnose(cliMessages.degreesFromDevices, { devices: devices.length });
  return { ok: true, value, diagnostics: degreesGiven ? [] : [note] };
}
