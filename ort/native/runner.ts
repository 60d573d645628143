/**
 * @file One session on one rank: runs it on values. The session belongs to the driver, which outlives the rank. Knows no model.
 */
import { OrtError } from "../types.ts";
import type { OrtTensor } from "../types.ts";
import type { OrtValue, OrtValues, Runner, Values } from "../values.ts";
import { check, guarded, loadNative } from "./api.ts";
import type { Guard } from "./api.ts";
import { openLedger } from "./ledger.ts";
import type { LedgerMemory } from "./ledger.ts";
import type { Pointer } from "./members.ts";
import { heldTensor, ownedValue } from "./values.ts";
import type { NativeValue, ValueSource } from "./values.ts";

/** What a rank's thread is given of the driver's. Can be cloned; valid until the driver takes it back. */
export interface NativeRank {
  /** Options of the rank's runs, by which the driver can end them. */
  readonly options: Pointer;
  /** Describes CPU memory. */
  readonly memory: Pointer;
  readonly ledger: LedgerMemory;
}

export interface NativeValues extends Values {
  readonly runner: (session: Pointer) => Runner;
}

/** The backend on this thread; every call of the library runs inside `guard`. Throws an `Error` where it does not load. */
export async function openValues(
  { options, memory, ledger }: NativeRank,
  guard: Guard = (work) => work(),
): Promise<NativeValues> {
  const native = guarded(await loadNative(), guard);
  const source: ValueSource = { native, ledger: openLedger(ledger), memory };
  const hold = (tensor: OrtTensor): NativeValue => heldTensor(source, tensor);
  return {
    inPlace: true,
    hold,
    runner: (session) => ({
      run: async (feeds, outputs) => runSession(source, { session, options }, feeds, outputs),
      release: async () => undefined,
    }),
  };
}

interface Target {
  readonly session: Pointer;
  readonly options: Pointer;
}

function runSession(
  source: ValueSource,
  { session, options }: Target,
  feeds: OrtValues,
  outputs: Readonly<Record<string, OrtTensor | null>>,
): OrtValues {
  const { native } = source;
  const given = Object.values(outputs).map((tensor) => (tensor === null ? null : heldTensor(source, tensor)));
  const [inputNames, outputNames] = [Object.keys(feeds), Object.keys(outputs)];
  try {
    const inputs = BigUint64Array.from(Object.values(feeds), (value) => nativeOf(value).pointer());
    const results = BigUint64Array.from(given, (value) => value?.pointer() ?? 0n);
    const sizes = [inputNames.length, outputNames.length] as const;
    const status = native.api.Run(session, options, inputNames, inputs, sizes[0], outputNames, sizes[1], results);
    check(native, "run", status);
    return Object.fromEntries(outputNames.map((name, i) => [name, given[i] ?? ownedValue(source, results[i]!)]));
  } catch (error) {
    for (const value of given) value?.release();
    throw error;
  }
}

function nativeOf(value: OrtValue): NativeValue {
  if (!("pointer" in value)) throw new OrtError("run", "the value belongs to another backend");
  return value as NativeValue;
}
