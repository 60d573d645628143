/**
 * @file The values of one run on one rank by name. A value may have several names, and its memory is released with the last. Knows no step.
 */
import type { OrtValue } from "../../ort/values.ts";

export interface ValueTable {
  /** Throws an `Error` where there is none. */
  readonly get: (name: string) => OrtValue;
  readonly find: (name: string) => OrtValue | undefined;
  readonly set: (name: string, value: OrtValue) => void;
  /** Takes the names away, and releases the values that have no other. */
  readonly drop: (names: readonly string[]) => void;
  /** Releases all values. */
  readonly clear: () => void;
}

export function createTable(): ValueTable {
  const values = new Map<string, OrtValue>();
  /** How many names each value has. */
  const counts = new Map<OrtValue, number>();
  const drop = (names: readonly string[]): void => {
    for (const name of names) {
      const value = values.get(name);
      if (value === undefined) continue;
      values.delete(name);
      const left = (counts.get(value) ?? 1) - 1;
      counts.set(value, left);
      if (left > 0) continue;
      counts.delete(value);
      value.release();
    }
  };
  return {
    find: (name) => values.get(name),
    get: (name) => {
      const value = values.get(name);
      if (value === undefined) throw new Error(`the value ${name} does not exist at this step`);
      return value;
    },
    set: (name, value) => {
      if (values.get(name) === value) return;
      drop([name]);
      values.set(name, value);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    },
    drop,
    clear: () => drop([...values.keys()]),
  };
}
