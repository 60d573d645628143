/**
 * @file Which values of the library a rank holds, in shared memory: so that they can be released where its thread was ended in the middle
 * of a run. Knows no rank.
 */
import type { Pointer } from "./members.ts";

/** Values of one run that live at once, at most; further ones are not written down. */
const SLOTS = 4096;

export type LedgerMemory = SharedArrayBuffer;

export function newLedger(): LedgerMemory {
  return new SharedArrayBuffer(SLOTS * BigUint64Array.BYTES_PER_ELEMENT);
}

export interface Ledger {
  /** Writes the value down; returns the function that strikes it out. */
  readonly note: (value: Pointer) => () => void;
}

export function openLedger(memory: LedgerMemory): Ledger {
  const slots = new BigUint64Array(memory);
  const free = Array.from(slots, (_, slot) => slot);
  return {
    note: (value) => {
      const slot = free.pop();
      if (slot === undefined) return () => undefined;
      slots[slot] = value;
      return () => {
        slots[slot] = 0n;
        free.push(slot);
      };
    },
  };
}

/** The values that nobody released. Only after the thread that wrote has ended. */
export function leftIn(memory: LedgerMemory): readonly Pointer[] {
  return [...new BigUint64Array(memory)].filter((value) => value !== 0n);
}
