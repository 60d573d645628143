/**
 * @file The process's environment of ONNX Runtime, and one memory arena in it that all native sessions share: what one piece, or one rank,
 * has worked in serves the next. Knows no session.
 */
import { check, result } from "./api.ts";
import type { Native } from "./api.ts";
import { CPU_MEMORY } from "./members.ts";
import type { Pointer } from "./members.ts";

/** `ORT_LOGGING_LEVEL_FATAL`: failures are thrown, nothing is printed. */
export const FATAL = 4;

/** Bytes of the arena's first region. Freed memory is not joined across regions, so that many small ones would waste it. */
const FIRST_REGION = 32 * 2 ** 20;

export interface Arena {
  readonly environment: Pointer;
  /** Describes CPU memory; valid until `leave`. */
  readonly memory: Pointer;
  /** Gives the arena's memory back to the system when nobody else uses it. Does not throw. */
  readonly leave: () => void;
}

/** Created once and never released: the package's own binding shares it. */
let environment: Pointer | undefined;
/** Of this thread. */
let users = 0;

/** Throws `OrtError`. */
export function enterArena(native: Native): Arena {
  const { api } = native;
  const env = (environment ??= result(native, "load", (out) => api.CreateEnv(FATAL, "onnx-context-parallel", out)));
  const memory = result(native, "load", (out) => api.CreateCpuMemoryInfo(...CPU_MEMORY, out));
  if (users === 0) register(native, env, memory);
  users += 1;
  let left = false;
  return {
    environment: env,
    memory,
    leave: () => {
      if (left) return;
      left = true;
      users -= 1;
      if (users === 0) unregister(native, env, memory);
      api.ReleaseMemoryInfo(memory);
    },
  };
}

/** A session in another thread may have registered its own in this place, and returned it: what is in use stays until its user goes. */
function unregister({ api }: Native, env: Pointer, memory: Pointer): void {
  const status = api.UnregisterAllocator(env, memory);
  if (status !== null) api.ReleaseStatus(status);
}

function register(native: Native, env: Pointer, memory: Pointer): void {
  const { api } = native;
  // No limit; grows to the next power of two (0), whose pages cost nothing until they are touched; -1 leaves a default.
  const config = result(native, "load", (out) => api.CreateArenaCfg(0, 0, FIRST_REGION, -1, out));
  try {
    check(native, "load", api.CreateAndRegisterAllocator(env, memory, config));
  } finally {
    api.ReleaseArenaCfg(config);
  }
}
