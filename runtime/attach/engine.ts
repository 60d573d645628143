/**
 * @file The backend of a session: chooses it, makes the sessions that ranks share, and takes them back when the last rank has ended.
 * Knows no thread and no step.
 */
import { runtimeMessages } from "../../compiler/diagnostics/catalog/runtime.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import type { Program } from "../../program/types.ts";
import { selfTest } from "../../ort/native/self-test.ts";
import { openSessions } from "../../ort/native/shared.ts";
import { devicesWith } from "../../ort/devices/open.ts";
import { checkDevice } from "../devices/check.ts";
import { useDevices } from "../devices/settings.ts";
import type { PieceFolders, PieceOptions, PieceSettings } from "../rank/pieces.ts";
import { reasonOf } from "../reason.ts";
import { loadShared } from "../load/sessions.ts";

export const BACKENDS = ["native", "binding"] as const;

/** `native`: ONNX Runtime's C interface, sessions shared by all ranks; `binding`: onnxruntime-node's own, sessions of each rank. */
export type Backend = (typeof BACKENDS)[number];

export interface Engine {
  readonly backend: Backend;
  /** Why it is not the native one, where nobody has chosen and it should work; and what the check of a device found. */
  readonly notes: readonly Diagnostic[];
  readonly settingsOf: (rank: number) => PieceSettings;
  /** Ends the native calls of all ranks soon, and fails further ones, until it is called with `false`. */
  readonly interrupt: (on: boolean) => void;
  /** Only after the last rank has ended. A second call does nothing. */
  readonly release: () => void;
}

export interface EngineOptions extends PieceFolders {
  /** `undefined`: the native one where it can be used. */
  readonly backend: Backend | undefined;
  /** One per rank. */
  readonly devices: readonly string[];
  /** Threads that each rank's runs may use. */
  readonly threads: number;
  /** What the caller says about the sessions. */
  readonly session?: PieceOptions;
}

/** What is tried before ranks start. Each throws where it fails. */
export interface Tests {
  readonly native: () => Promise<void>;
  readonly device: typeof checkDevice;
}

const TESTS: Tests = { native: selfTest, device: checkDevice };

/**
 * Throws `ContextParallelError` where a piece does not load, a device is missing or computes wrongly, or the backend that was asked for
 * cannot be used.
 */
export async function startEngine(
  program: Program,
  options: EngineOptions,
  given: Partial<Tests> = {},
): Promise<Engine> {
  const tests = { ...TESTS, ...given };
  const { backend, devices } = options;
  const onCpu = devices.every((device) => device === "cpu");
  if (backend === "binding" || (backend === undefined && !onCpu)) return bindingEngine(program, options, tests, []);
  const reason = onCpu
    ? await failureOf(tests.native)
    : `it computes on cpu only, and the devices are ${devices.join(", ")}`;
  if (reason === null) return nativeEngine(program, options);
  if (backend === undefined) {
    return bindingEngine(program, options, tests, [diagnose(runtimeMessages.notNative, { reason })]);
  }
  throw new ContextParallelError([diagnose(runtimeMessages.backendMissing, { name: backend, reason })]);
}

async function failureOf(work: () => Promise<void>): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    return reasonOf(error);
  }
}

async function bindingEngine(
  program: Program,
  options: EngineOptions,
  { device: check }: Tests,
  notes: readonly Diagnostic[],
): Promise<Engine> {
  const { folder, files, modelFolder, devices, threads, session: { profile, ...session } = {} } = options;
  const by = devicesWith(session.providers);
  const used = await useDevices(program, options, devices, (...[program, folders, device]) =>
    check(program, folders, device, by),
  );
  const common = { backend: "binding", folder, files, modelFolder, threads, ...session } as const;
  return {
    backend: "binding",
    notes: [...notes, ...used.notes],
    settingsOf: (rank) => ({
      ...common,
      ...used.settingsOf(devices[rank]!),
      ...(profile && { profile: devices.length > 1 ? `${profile}.rank${rank}` : profile }),
    }),
    interrupt: () => undefined,
    release: () => void used.close(),
  };
}

async function nativeEngine(program: Program, options: EngineOptions): Promise<Engine> {
  const shared = await openSessions();
  try {
    // Every rank's own thread computes; the further threads of all ranks are one pool.
    const threads = 1 + options.devices.length * (options.threads - 1);
    const { profile, optimise } = options.session ?? {};
    const sessions = await loadShared(program.pieces, options, (model, folder, id) =>
      shared.create(model, {
        folder,
        threads,
        ...(optimise && { optimise }),
        ...(profile && { profile: `${profile}.${id}` }),
      }),
    );
    const ranks = options.devices.map(() => shared.addRank());
    return {
      backend: "native",
      notes: [],
      settingsOf: (rank) => ({ backend: "native", sessions, rank: ranks[rank]! }),
      interrupt: shared.interrupt,
      release: shared.release,
    };
  } catch (error) {
    shared.release();
    throw error;
  }
}
