/**
 * @file Devices as ONNX Runtime gives them: whether one can compute, and the results of a model there. Knows no program.
 */
import { arch, platform } from "node:os";
import { loadOnnxRuntime } from "../load.ts";
import { createSession, OrtError } from "../session.ts";
import type { OrtSession, OrtTensors, Providers, ProviderSettings, SessionOptions } from "../types.ts";
import { plainModel } from "./models.ts";
import { takesTurns } from "./names.ts";
import type { Device } from "./names.ts";
import { inTurn, turns } from "./turns.ts";

/** What the check of a device needs of ONNX Runtime; tests have another. */
export interface Devices {
  /** Why no session can be made there, or what gives the device back. */
  readonly open: (device: string, kind: Device) => Promise<{ readonly reason: string } | Opened>;
  /** The outputs of a session that lives for one run. Throws `OrtError`. */
  readonly compute: (
    device: string,
    model: Uint8Array,
    feeds: OrtTensors,
    options: SessionOptions,
  ) => Promise<OrtTensors>;
}

export interface Opened {
  /** A second call does nothing. */
  readonly close: () => Promise<void>;
}

/** With the caller's settings of execution providers. Its functions throw `ContextParallelError` where onnxruntime-node does not load. */
export function devicesWith(providers: Providers = {}): Devices {
  return {
    open: (device, kind) => open(device, kind, providers[kind.name] ?? {}),
    compute: (device, model, feeds, options) => {
      return compute(device, model, feeds, { ...options, provider: providers[device.split(":")[0]!] ?? {} });
    },
  };
}

export const onnxRuntimeDevices: Devices = devicesWith();

async function open(
  device: string,
  { name }: Device,
  provider: ProviderSettings,
): Promise<{ readonly reason: string } | Opened> {
  const { listSupportedBackends } = await loadOnnxRuntime();
  const here = listSupportedBackends().map((backend) => backend.name);
  if (!here.includes(name)) {
    return { reason: `onnxruntime-node has no ${name} for ${platform()} ${arch()}, only ${here.join(", ")}` };
  }
  const { model, feeds } = plainModel();
  try {
    const session = await turnFor(device, async () => {
      // Where the device takes none of the operators, ONNX Runtime would compute them on the CPU and say nothing.
      const opened = await createSession(model, { device, provider, onlyDevice: true });
      await runOn(opened, feeds);
      return opened;
    });
    // It stays: with the last session of the process a device loses all programs that it has compiled.
    return { close: () => turnFor(device, session.release) };
  } catch (error) {
    if (!(error instanceof OrtError)) throw error;
    // The condition that failed is C++.
    return { reason: error.message.replace(/^.* was false\. (?=\S)/, "") };
  }
}

async function compute(
  device: string,
  model: Uint8Array,
  feeds: OrtTensors,
  options: SessionOptions,
): Promise<OrtTensors> {
  return turnFor(device, async () => {
    const session = await createSession(model, { ...options, device });
    const results = await runOn(session, feeds);
    await session.release();
    return results;
  });
}

/** Releases the session where it throws. */
async function runOn(session: OrtSession, feeds: OrtTensors): Promise<OrtTensors> {
  try {
    return await session.run(feeds);
  } catch (error) {
    await session.release();
    throw error;
  }
}

function turnFor<T>(device: string, work: () => Promise<T>): Promise<T> {
  return takesTurns(device) ? inTurn(turns(), work) : work();
}
