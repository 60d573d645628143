/**
 * @file The members of ONNX Runtime's function table (`struct OrtApi` of onnxruntime_c_api.h) that are used here, as data: place in the table
 * and C type. The table only grows at its end, so that a place holds for all later versions. Knows no library.
 */

import { platform } from "node:os";

/** Address of an object of the library; 0 is none. */
export type Pointer = bigint;

/** Memory whose address is passed: results are written to it, data is read from it. */
type Memory = ArrayBufferView;

/** `null`, or an object that says what is wrong and must be released. */
export type Status = Pointer | null;

export interface OrtApi {
  readonly GetErrorMessage: (status: Pointer) => string;
  readonly CreateEnv: (logLevel: number, logId: string, out: Memory) => Status;
  readonly CreateSessionFromArray: (
    env: Pointer,
    model: Memory,
    length: number,
    options: Pointer,
    out: Memory,
  ) => Status;
  /** Inputs, outputs: arrays of values; an output that is 0 is made by the session. */
  readonly Run: (
    session: Pointer,
    options: Pointer,
    inputNames: readonly string[],
    inputs: Memory,
    inputCount: number,
    outputNames: readonly string[],
    outputCount: number,
    outputs: Memory,
  ) => Status;
  readonly CreateSessionOptions: (out: Memory) => Status;
  /** Followed by a time and `.json`; the file is written when the session is released. */
  readonly EnableProfiling: (options: Pointer, prefix: string) => Status;
  readonly DisableMemPattern: (options: Pointer) => Status;
  readonly SetSessionLogSeverityLevel: (options: Pointer, level: number) => Status;
  readonly SetSessionGraphOptimizationLevel: (options: Pointer, level: number) => Status;
  readonly SetIntraOpNumThreads: (options: Pointer, threads: number) => Status;
  readonly SetInterOpNumThreads: (options: Pointer, threads: number) => Status;
  readonly CreateRunOptions: (out: Memory) => Status;
  readonly RunOptionsSetRunLogSeverityLevel: (options: Pointer, level: number) => Status;
  readonly RunOptionsSetTerminate: (options: Pointer) => Status;
  readonly RunOptionsUnsetTerminate: (options: Pointer) => Status;
  readonly CreateTensorWithDataAsOrtValue: (
    info: Pointer,
    data: Memory,
    bytes: number,
    dims: Memory,
    rank: number,
    elem: number,
    out: Memory,
  ) => Status;
  readonly GetTensorMutableData: (value: Pointer, out: Memory) => Status;
  readonly GetTensorElementType: (info: Pointer, out: Memory) => Status;
  readonly GetDimensionsCount: (info: Pointer, out: Memory) => Status;
  readonly GetDimensions: (info: Pointer, out: Memory, rank: number) => Status;
  readonly GetTensorTypeAndShape: (value: Pointer, out: Memory) => Status;
  readonly CreateCpuMemoryInfo: (allocator: number, memory: number, out: Memory) => Status;
  readonly ReleaseStatus: (status: Pointer) => void;
  readonly ReleaseMemoryInfo: (info: Pointer) => void;
  readonly ReleaseSession: (session: Pointer) => void;
  readonly ReleaseValue: (value: Pointer) => void;
  readonly ReleaseRunOptions: (options: Pointer) => void;
  readonly ReleaseTensorTypeAndShapeInfo: (info: Pointer) => void;
  readonly ReleaseSessionOptions: (options: Pointer) => void;
  readonly AddSessionConfigEntry: (options: Pointer, key: string, value: string) => Status;
  readonly CreateAndRegisterAllocator: (env: Pointer, info: Pointer, config: Pointer) => Status;
  readonly CreateArenaCfg: (limit: number, growth: number, first: number, dead: number, out: Memory) => Status;
  readonly ReleaseArenaCfg: (config: Pointer) => void;
  readonly UnregisterAllocator: (env: Pointer, info: Pointer) => Status;
}

interface Member {
  readonly index: number;
  readonly prototype: string;
}

const P = "void *";
const NAMES = "const char **";
/** `const ORTCHAR_T *` */
const PATH = platform() === "win32" ? "const char16_t *" : "const char *";
const status = (...parameters: readonly string[]): string => `void *(${parameters.join(", ")})`;
const release = `void (${P})`;

export const members: Readonly<Record<keyof OrtApi, Member>> = {
  GetErrorMessage: { index: 2, prototype: `const char *(${P})` },
  CreateEnv: { index: 3, prototype: status("int", "const char *", P) },
  CreateSessionFromArray: { index: 8, prototype: status(P, P, "size_t", P, P) },
  Run: { index: 9, prototype: status(P, P, NAMES, P, "size_t", NAMES, "size_t", P) },
  CreateSessionOptions: { index: 10, prototype: status(P) },
  EnableProfiling: { index: 14, prototype: status(P, PATH) },
  DisableMemPattern: { index: 17, prototype: status(P) },
  SetSessionLogSeverityLevel: { index: 22, prototype: status(P, "int") },
  SetSessionGraphOptimizationLevel: { index: 23, prototype: status(P, "int") },
  SetIntraOpNumThreads: { index: 24, prototype: status(P, "int") },
  SetInterOpNumThreads: { index: 25, prototype: status(P, "int") },
  CreateRunOptions: { index: 39, prototype: status(P) },
  RunOptionsSetRunLogSeverityLevel: { index: 41, prototype: status(P, "int") },
  RunOptionsSetTerminate: { index: 46, prototype: status(P) },
  RunOptionsUnsetTerminate: { index: 47, prototype: status(P) },
  CreateTensorWithDataAsOrtValue: { index: 49, prototype: status(P, P, "size_t", P, "size_t", "int", P) },
  GetTensorMutableData: { index: 51, prototype: status(P, P) },
  GetTensorElementType: { index: 60, prototype: status(P, P) },
  GetDimensionsCount: { index: 61, prototype: status(P, P) },
  GetDimensions: { index: 62, prototype: status(P, P, "size_t") },
  GetTensorTypeAndShape: { index: 65, prototype: status(P, P) },
  CreateCpuMemoryInfo: { index: 69, prototype: status("int", "int", P) },
  ReleaseStatus: { index: 93, prototype: release },
  ReleaseMemoryInfo: { index: 94, prototype: release },
  ReleaseSession: { index: 95, prototype: release },
  ReleaseValue: { index: 96, prototype: release },
  ReleaseRunOptions: { index: 97, prototype: release },
  ReleaseTensorTypeAndShapeInfo: { index: 99, prototype: release },
  ReleaseSessionOptions: { index: 100, prototype: release },
  AddSessionConfigEntry: { index: 130, prototype: status(P, "const char *", "const char *") },
  CreateAndRegisterAllocator: { index: 144, prototype: status(P, P, P) },
  CreateArenaCfg: { index: 156, prototype: status("size_t", "int", "int", "int", P) },
  ReleaseArenaCfg: { index: 157, prototype: release },
  UnregisterAllocator: { index: 177, prototype: status(P, P) },
};

/** `OrtArenaAllocator` and `OrtMemTypeDefault`, as `CreateCpuMemoryInfo` takes them. */
export const CPU_MEMORY = [1, 0] as const;
