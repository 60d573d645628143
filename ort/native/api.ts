/**
 * @file ONNX Runtime's C interface as functions of this thread, through koffi. Knows no session.
 */
import { loadKoffi, loadLibrary } from "../system/koffi.ts";
import { cleanMessage } from "../messages.ts";
import { keepTelemetryOff } from "../telemetry.ts";
import { OrtError } from "../types.ts";
import { API_VERSION, findLibrary, isTested, testedText } from "./library.ts";
import { members } from "./members.ts";
import type { OrtApi, Pointer, Status } from "./members.ts";

export interface Native {
  readonly api: OrtApi;
  /** koffi unloads a library that nobody refers to, whoever still has its functions. */
  readonly library: unknown;
  /** Memory of the library as an ArrayBuffer, not copied: of no use once the library has freed it. */
  readonly view: (address: Pointer, bytes: number) => ArrayBuffer;
  /** Surrounds calls that must not be parted by the end of the thread. */
  readonly guard: Guard;
  /** `CreateSessionFromArray` on another thread. */
  readonly createSession: (...parameters: Parameters<OrtApi["CreateSessionFromArray"]>) => Promise<Status>;
}

let loading: Promise<Native> | undefined;

/** Throws an `Error` that says why: koffi, the library, or a version whose functions are not known. */
export function loadNative(): Promise<Native> {
  return (loading ??= load());
}

async function load(): Promise<Native> {
  const koffi = await loadKoffi();
  await keepTelemetryOff();
  const library = loadLibrary(koffi, findLibrary());
  const pointer = (from: unknown, index: number): Pointer =>
    koffi.decode(from, index * koffi.sizeof("void *"), "void *") as Pointer;
  const base: unknown = library.func("OrtGetApiBase", "void *", [])();
  const version: unknown = koffi.call(pointer(base, 1), koffi.proto("const char *()"));
  if (typeof version !== "string" || !isTested(version)) {
    throw new Error(`its version is ${String(version)}; tested are ${testedText()}`);
  }
  const table: unknown = koffi.call(pointer(base, 0), koffi.proto("void *(uint32_t)"), API_VERSION);
  if (table === null) throw new Error(`ONNX Runtime ${version} does not have version ${API_VERSION} of its functions`);
  const functions = Object.entries(members).map(([name, { index, prototype }]) => {
    return [name, koffi.decode(pointer(table, index), koffi.proto(prototype)) as unknown] as const;
  });
  const api = Object.fromEntries(functions) as unknown as OrtApi;
  const { async: create } = api.CreateSessionFromArray as unknown as {
    readonly async: (...parameters: readonly unknown[]) => void;
  };
  return {
    api,
    library,
    view: (address, bytes) => koffi.view(address, bytes),
    guard: (work) => work(),
    createSession: (...parameters) =>
      new Promise((resolve, reject) => {
        // The scope of this function keeps the memory of the parameters; koffi does not.
        create(...parameters, (error: unknown, status: Status) => (error ? reject(error as Error) : resolve(status)));
      }),
  };
}

/** What surrounds calls of a thread that others may end: koffi takes the process down when its thread is terminated during a call. */
export type Guard = <T>(work: () => T) => T;

/** The same functions, each inside `guard`; `guard` is also kept for what must not be parted. */
export function guarded(native: Native, guard: Guard): Native {
  const { api, view } = native;
  const inside =
    <A extends readonly unknown[], R>(call: (...parameters: A) => R) =>
    (...parameters: A): R =>
      guard(() => call(...parameters));
  const functions = Object.entries(api).map(([name, call]) => [name, inside(call)] as const);
  return { ...native, api: Object.fromEntries(functions) as unknown as OrtApi, view: inside(view), guard };
}

/** Throws `OrtError` unless the status is fine, and releases it. */
export function check({ api }: Native, during: OrtError["during"], status: Status): void {
  if (status === null) return;
  const message = api.GetErrorMessage(status);
  api.ReleaseStatus(status);
  throw new OrtError(during, cleanMessage(message));
}

/** What a function writes to its last parameter: an address, or a number. */
export function result(native: Native, during: OrtError["during"], call: (out: BigUint64Array) => Status): Pointer {
  const out = new BigUint64Array(1);
  check(native, during, call(out));
  return out[0]!;
}
