/**
 * @file The options of ONNX Runtime's sessions that a caller of `attach` may give, in the names of onnxruntime. What would change results,
 * or what the runtime decides itself, is refused with the reason. Knows no session.
 */
import { sessionMessages as messages } from "../../compiler/diagnostics/catalog/running/sessions.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import { suggest } from "../../compiler/diagnostics/suggest.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import type { PieceOptions } from "../rank/pieces.ts";
import { OPTIMISATIONS } from "../../ort/types.ts";
import type { Optimisation } from "../../ort/types.ts";
import { describeValue, isRecord } from "../describe.ts";
import { checkProviders, providersOf } from "./provider-options.ts";
import type { ProviderOption } from "./provider-options.ts";

/** Spelt and meant as in onnxruntime's `InferenceSession.SessionOptions`; they hold for every piece of every rank. */
export interface RankSessionOptions {
  /** Threads that a run of one rank may use; 0 and the default: the cores of the machine divided by the ranks on it. */
  readonly intraOpNumThreads?: number | undefined;
  /** Default: `all`. */
  readonly graphOptimizationLevel?: Optimisation | undefined;
  /** Writes the time of every operator when the session is released, to files that begin with `profileFilePrefix`. */
  readonly enableProfiling?: boolean | undefined;
  /** Default: `onnxruntime_profile_`. Followed by `.rank0` where each rank has sessions, by the piece, and by what the library adds. */
  readonly profileFilePrefix?: string | undefined;
  /** Settings of the execution providers that `devices` name. They choose no device. */
  readonly executionProviders?: readonly (string | ProviderOption)[] | undefined;
}

/** What the options mean for the pieces. */
export interface SessionChoice extends PieceOptions {
  /** `null`: the runtime divides the cores. */
  readonly threads: number | null;
}

interface Rule {
  readonly expected: string;
  readonly holds: (value: unknown) => boolean;
}

const MOST_THREADS = 256;

const RULES: Readonly<Record<keyof RankSessionOptions, Rule>> = {
  intraOpNumThreads: {
    expected: `an integer from 0 to ${MOST_THREADS}`,
    holds: (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MOST_THREADS,
  },
  graphOptimizationLevel: {
    expected: `one of ${OPTIMISATIONS.join(", ")}`,
    holds: (value) => OPTIMISATIONS.includes(value as Optimisation),
  },
  enableProfiling: { expected: "true or false", holds: (value) => typeof value === "boolean" },
  profileFilePrefix: {
    expected: "a path without a null character",
    holds: (value) => typeof value === "string" && value !== "" && !value.includes("\0"),
  },
  executionProviders: { expected: "a list of names, or of objects with a name", holds: Array.isArray },
};

interface Refusal {
  readonly why: string;
  readonly instead: string;
}

const OURS: Refusal = {
  why: "the runtime sets it, so that ranks share their memory and weights",
  instead: "leave it out",
};
const ONE_FILE: Refusal = {
  why: "a program has many pieces, and each would write the same file",
  instead: "read the piece models in the folder of onnx-cp compile --out",
};

/** Options of onnxruntime that are no options here. */
const REFUSED: Readonly<Record<string, Refusal>> = {
  executionMode: {
    why: "operators of a piece run one after the other, in the same order in every run",
    instead: "leave it out; intraOpNumThreads gives each operator more threads",
  },
  interOpNumThreads: {
    why: "operators of a piece run one after the other, so that there is nothing for such threads to do",
    instead: "write intraOpNumThreads",
  },
  extra: {
    why: "its entries can change results, for example flush small numbers to zero or multiply in bfloat16",
    instead: "leave it out, or ask for the entry that you need as an option of its own",
  },
  freeDimensionOverrides: {
    why: "the lengths of a program are those of its feeds, and the proof holds for all of them",
    instead: "give shapes to compilePlan",
  },
  externalData: {
    why: "the weights of the pieces were checked when the program was attached, and other data would give other results",
    instead: "compile the model whose data you mean",
  },
  optimizedModelFilePath: ONE_FILE,
  enableCpuMemArena: OURS,
  enableMemPattern: OURS,
  enableGraphCapture: {
    why: "a captured graph repeats one shape, and pieces run with many",
    instead: "leave it out",
  },
  preferredOutputLocation: {
    why: "ranks exchange values in the memory of the process",
    instead: "leave it out; the outputs are on the CPU",
  },
  logId: { why: "failures are diagnostics, and the library prints nothing", instead: "leave it out" },
  logSeverityLevel: { why: "failures are diagnostics, and the library prints nothing", instead: "leave it out" },
  logVerbosityLevel: { why: "failures are diagnostics, and the library prints nothing", instead: "leave it out" },
};

/** All that is wrong with the options for ranks on these devices. `options` is whatever the caller gave. */
export function checkSessionOptions(options: unknown, devices: readonly string[]): readonly Diagnostic[] {
  if (!isRecord(options)) return [];
  const wrong = Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : checkOne(name, value)));
  const { executionProviders: providers } = options;
  return [...wrong, ...(Array.isArray(providers) ? checkProviders(providers, devices) : [])];
}

function checkOne(name: string, value: unknown): readonly Diagnostic[] {
  if (Object.hasOwn(REFUSED, name)) return [diagnose(messages.refused, { name, ...REFUSED[name]! })];
  if (!Object.hasOwn(RULES, name)) {
    const known = Object.keys(RULES);
    return [diagnose(messages.unknown, { name, meant: suggest(name, known), known })];
  }
  const { expected, holds } = RULES[name as keyof RankSessionOptions];
  return holds(value) ? [] : [diagnose(messages.value, { name, expected, actual: describeValue(value) })];
}

/** For options that `checkSessionOptions` accepts. */
export function choiceOf(options: RankSessionOptions = {}): SessionChoice {
  const { intraOpNumThreads = 0, graphOptimizationLevel, enableProfiling = false } = options;
  const { profileFilePrefix = "onnxruntime_profile_", executionProviders = [] } = options;
  return {
    threads: intraOpNumThreads === 0 ? null : intraOpNumThreads,
    providers: providersOf(executionProviders),
    ...(graphOptimizationLevel && { optimise: graphOptimizationLevel }),
    ...(enableProfiling && { profile: profileFilePrefix }),
  };
}
