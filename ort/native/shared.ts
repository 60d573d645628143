/**
 * @file The driver's side: sessions that all ranks of the process run, and the options by which their runs can be ended. The pointers
 * are valid in every thread until `release`, which must come after the last rank has ended. Knows no piece.
 */
import { OrtError } from "../types.ts";
import type { Optimisation, SessionOptions } from "../types.ts";
import { check, loadNative, result } from "./api.ts";
import type { Native } from "./api.ts";
import { enterArena, FATAL } from "./arena.ts";
import type { Arena } from "./arena.ts";
import { leftIn, newLedger } from "./ledger.ts";
import type { Pointer } from "./members.ts";
import type { NativeRank } from "./runner.ts";

export interface SharedSessions {
  /** Loads a model for runs in any thread. Throws `OrtError`. */
  readonly create: (
    model: Uint8Array,
    options: Pick<SessionOptions, "folder" | "threads" | "optimise" | "profile">,
  ) => Promise<Pointer>;
  /** What one more rank needs. */
  readonly addRank: () => NativeRank;
  /** Ends the calls that ranks are in at their next operator, and fails further ones, until it is called with `false`. */
  readonly interrupt: (on: boolean) => void;
  /** Releases all sessions, and what ranks have left. A second call does nothing. */
  readonly release: () => void;
}

/** Throws an `Error` where the backend does not load. */
export async function openSessions(): Promise<SharedSessions> {
  const native = await loadNative();
  const { api } = native;
  const arena = enterArena(native);
  const sessions: Pointer[] = [];
  const ranks: NativeRank[] = [];
  let released = false;
  return {
    create: async (model, options) => {
      const session = await createSession(native, arena, model, options);
      sessions.push(session);
      return session;
    },
    addRank: () => {
      const rank = { options: newRunOptions(native), memory: arena.memory, ledger: newLedger() };
      ranks.push(rank);
      return rank;
    },
    interrupt: (on) => {
      if (released) return;
      const set = on ? api.RunOptionsSetTerminate : api.RunOptionsUnsetTerminate;
      for (const { options } of ranks) check(native, "run", set(options));
    },
    release: () => {
      if (released) return;
      released = true;
      for (const { options, ledger } of ranks) {
        for (const value of leftIn(ledger)) api.ReleaseValue(value);
        api.ReleaseRunOptions(options);
      }
      for (const session of sessions) api.ReleaseSession(session);
      arena.leave();
    },
  };
}

function newRunOptions(native: Native): Pointer {
  const options = result(native, "load", (out) => native.api.CreateRunOptions(out));
  check(native, "load", native.api.RunOptionsSetRunLogSeverityLevel(options, FATAL));
  return options;
}

async function createSession(
  native: Native,
  { environment }: Arena,
  model: Uint8Array,
  settings: Parameters<SharedSessions["create"]>[1],
): Promise<Pointer> {
  const { api } = native;
  if (model.length === 0) throw new OrtError("load", "the model is empty");
  const options = result(native, "load", (out) => api.CreateSessionOptions(out));
  try {
    configure(native, options, settings);
    const out = new BigUint64Array(1);
    check(native, "load", await native.createSession(environment, model, model.length, options, out));
    return out[0]!;
  } finally {
    api.ReleaseSessionOptions(options);
  }
}

/** `GraphOptimizationLevel`. */
const levels: Readonly<Record<Optimisation, number>> = { disabled: 0, basic: 1, extended: 2, layout: 3, all: 99 };

function configure(
  native: Native,
  options: Pointer,
  { folder = null, threads = 1, optimise = "all", profile }: Parameters<SharedSessions["create"]>[1],
): void {
  const { api } = native;
  const entries = {
    // Threads that spin between runs steal the cores from the rank that works.
    "session.intra_op.allow_spinning": "0",
    "session.use_env_allocators": "1",
    // Weights live as long as the session: outside the arena, they go with it.
    "session.use_device_allocator_for_initializers": "1",
    ...(folder === null ? {} : { "session.model_external_initializers_file_folder_path": folder }),
  };
  check(native, "load", api.SetSessionLogSeverityLevel(options, FATAL));
  // A pattern of earlier runs would take the working memory of a whole run as one block, for which the arena has no room between smaller ones.
  check(native, "load", api.DisableMemPattern(options));
  check(native, "load", api.SetSessionGraphOptimizationLevel(options, levels[optimise]));
  check(native, "load", api.SetIntraOpNumThreads(options, threads));
  check(native, "load", api.SetInterOpNumThreads(options, 1));
  if (profile !== undefined) check(native, "load", api.EnableProfiling(options, profile));
  for (const [key, value] of Object.entries(entries)) {
    check(native, "load", api.AddSessionConfigEntry(options, key, value));
  }
}
