/**
 * @file The backend that uses the API of onnxruntime-node. Knows no model and no program.
 */
import { resolve } from "node:path";
import type * as Ort from "onnxruntime-node";
import { loadOnnxRuntime } from "./load.ts";
import { cleanMessage } from "./messages.ts";
import { dataOf, isOrtElem } from "./tensors.ts";
import { OrtError } from "./types.ts";
import type {
  OrtSession,
  OrtTensor,
  OrtTensors,
  OrtValueInfo,
  PlainOptions,
  ProviderSettings,
  SessionOptions,
} from "./types.ts";

type Package = typeof Ort;

/** Throws `OrtError`, and `ContextParallelError` where the package does not load. */
export async function createBindingSession(
  model: Uint8Array | string,
  options: SessionOptions = {},
): Promise<OrtSession> {
  return openSession(model, settingsOf(options));
}

/**
 * The baseline of a comparison: a session as any user of onnxruntime-node gets it, with the library's own settings except for the
 * number of threads. Throws `OrtError`, and `ContextParallelError` where the package does not load.
 */
export function createPlainSession(
  model: Uint8Array | string,
  { folder, threads = 1, device = "cpu", profile }: PlainOptions,
): Promise<OrtSession> {
  const extra =
    folder === undefined || folder === null
      ? {}
      : { session: { model_external_initializers_file_folder_path: folder } };
  return openSession(model, {
    executionProviders: [provider(device)],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
    extra,
    ...profiling(profile),
  });
}

async function openSession(
  model: Uint8Array | string,
  settings: Ort.InferenceSession.SessionOptions,
): Promise<OrtSession> {
  const ort = await loadOnnxRuntime();
  // Failures are thrown; without this the library prints them as well, in its own words.
  ort.env.logLevel = "fatal";
  try {
    const source = typeof model === "string" ? resolve(model) : model;
    return wrap(
      ort,
      await (typeof source === "string"
        ? ort.InferenceSession.create(source, settings)
        : ort.InferenceSession.create(source, settings)),
    );
  } catch (error) {
    throw new OrtError("load", cleanMessage(error), { cause: error });
  }
}

function settingsOf({
  folder,
  threads = 1,
  device = "cpu",
  onlyDevice = false,
  provider: settings = {},
  optimise = "all",
  keepMemory = true,
  profile,
}: SessionOptions): Ort.InferenceSession.SessionOptions {
  return {
    executionProviders: [provider(device, settings)],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    enableCpuMemArena: keepMemory,
    graphOptimizationLevel: optimise,
    logSeverityLevel: 4,
    extra: {
      session: {
        // Many sessions per process: threads that spin between runs steal the cores from the session that works.
        intra_op: { allow_spinning: "0" },
        // A packed copy of the weights would be private to each session; without it the mapped pages are shared by all.
        // Costs a few percent for products of under 1024 rows and nothing above.
        disable_prepacking: "1",
        ...(onlyDevice ? { disable_cpu_ep_fallback: "1" } : {}),
        ...(folder === undefined || folder === null ? {} : { model_external_initializers_file_folder_path: folder }),
      },
    },
    ...profiling(profile),
  };
}

/** The library writes the file when the session is released, and adds the time and `.json` to its name. */
function profiling(prefix: string | undefined): Ort.InferenceSession.SessionOptions {
  return prefix === undefined ? {} : { enableProfiling: true, profileFilePrefix: prefix };
}

/** `cuda:1` names the device number 1 of the provider `cuda`. */
function provider(device: string, settings: ProviderSettings = {}): Ort.InferenceSession.ExecutionProviderConfig {
  const [name = device, number] = device.split(":");
  const withSettings: { readonly name: string } = {
    ...settings,
    name,
    ...(number !== undefined && { deviceId: Number(number) }),
  };
  return withSettings;
}

function wrap(ort: Package, session: Ort.InferenceSession): OrtSession {
  let released = false;
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    inputs: session.inputMetadata.map(infoOf),
    outputs: session.outputMetadata.map(infoOf),
    run: async (feeds, wanted) => {
      if (released) throw new OrtError("run", "the session has been released");
      try {
        const given = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, toOrt(ort, tensor)]));
        return fromOrt(await (wanted === undefined ? session.run(given) : session.run(given, wanted)));
      } catch (error) {
        throw new OrtError("run", cleanMessage(error), { cause: error });
      }
    },
    release: async () => {
      if (released) return;
      released = true;
      await session.release();
    },
  };
}

function infoOf(metadata: Ort.InferenceSession.ValueMetadata): OrtValueInfo {
  if (!metadata.isTensor) return { name: metadata.name, elem: null, dims: [] };
  return { name: metadata.name, elem: isOrtElem(metadata.type) ? metadata.type : null, dims: metadata.shape };
}

function toOrt(ort: Package, { elem, dims, data }: OrtTensor): Ort.Tensor {
  return new ort.Tensor(elem, data as Ort.Tensor.DataTypeMap[typeof elem], dims);
}

function fromOrt(tensors: Ort.InferenceSession.OnnxValueMapType): OrtTensors {
  const entries = Object.entries(tensors).map(([name, { type, dims, data }]): [string, OrtTensor] => {
    if (!isOrtElem(type) || Array.isArray(data))
      throw new Error(`output ${name} has the type ${type}, which is not supported`);
    // Later versions of Node have a Float16Array; here half floats are always raw bits.
    return [
      name,
      { elem: type, dims, data: dataOf(type, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)) },
    ];
  });
  return Object.fromEntries(entries);
}
