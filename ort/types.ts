/**
 * @file What the project asks of onnxruntime, whatever backend gives it: tensors, sessions, errors. Names no package.
 */
import type { ElemType, Float8Elem } from "../compiler/graph/types.ts";

/** Element types that cross the API, in onnxruntime's spelling. */
export type OrtElem = Exclude<ElemType, "string" | "bfloat16" | "uint4" | "int4" | Float8Elem>;

/** int64 are BigInts, bool are bytes 0 and 1, float16 are raw bits. */
export type OrtData =
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

/** Row-major; `data.length` is the product of `dims`. */
export interface OrtTensor {
  readonly elem: OrtElem;
  readonly dims: readonly number[];
  readonly data: OrtData;
}

export type OrtTensors = Readonly<Record<string, OrtTensor>>;

/** An input or output as the session states it; a string is a symbolic extent (`""` without a name), `null` a type that cannot cross. */
export interface OrtValueInfo {
  readonly name: string;
  readonly elem: OrtElem | null;
  readonly dims: readonly (number | string)[];
}

export interface OrtSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputs: readonly OrtValueInfo[];
  readonly outputs: readonly OrtValueInfo[];
  /** Blocks the calling thread while it computes. `wanted` limits which outputs are returned. Throws `OrtError`. */
  readonly run: (feeds: OrtTensors, wanted?: readonly string[]) => Promise<OrtTensors>;
  /** Returns the memory; the session is of no use after it. A second call does nothing. */
  readonly release: () => Promise<void>;
}

/** How much onnxruntime may rewrite a model, in its spelling. */
export const OPTIMISATIONS = ["disabled", "basic", "extended", "layout", "all"] as const;

export type Optimisation = (typeof OPTIMISATIONS)[number];

/** Settings of an execution provider, as onnxruntime-node takes them. */
export type ProviderSettings = Readonly<Record<string, unknown>>;

/** By name of the provider. */
export type Providers = Readonly<Record<string, ProviderSettings>>;

export interface SessionOptions {
  /** Folder of the external data of a model given as bytes. */
  readonly folder?: string | null;
  /** Threads that one run may use, the caller's included; 1 starts none. */
  readonly threads?: number;
  /** Whether the memory that a run works in is kept for the next one; by default it is. */
  readonly keepMemory?: boolean;
  /** `cpu`, `cuda`, `cuda:1`, `webgpu`, ... */
  readonly device?: string;
  /** Refuses a model with operators that the device leaves to the CPU. */
  readonly onlyDevice?: boolean;
  /** For the provider of the device. */
  readonly provider?: ProviderSettings;
  readonly optimise?: Optimisation;
  /** Path prefix of a file to which the library writes the time of every operator of every run. */
  readonly profile?: string;
}

/** What a plain session leaves to its caller. */
export type PlainOptions = Pick<SessionOptions, "folder" | "threads" | "device" | "profile">;

/** A failure that onnxruntime reports, without its internal paths and symbols. */
export class OrtError extends Error {
  readonly during: "load" | "run";

  constructor(during: "load" | "run", message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "OrtError";
    this.during = during;
  }
}
