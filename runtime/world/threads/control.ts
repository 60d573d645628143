/**
 * @file The control block of a world of threads: one barrier, one abort flag and two words per rank, in shared memory. Knows no message.
 */
import { RunAborted } from "../world.ts";

/** Words of the block. GENERATION changes when a barrier opens and when the run is aborted: it is what ranks wait on. */
const ARRIVED = 0;
const GENERATION = 1;
const ABORTED = 2;
/** From here on two words per rank: its state (guard.ts) and its place (places.ts). */
const RANKS = 3;
const PER_RANK = 2;

/** Loads before a rank goes to sleep: some microseconds, about what a wake-up costs. */
const SPINS = 2_000;

export type Control = Int32Array<SharedArrayBuffer>;

export function createControl(size: number): Control {
  return new Int32Array(new SharedArrayBuffer((RANKS + PER_RANK * size) * Int32Array.BYTES_PER_ELEMENT));
}

/** Index of the word that says whether a rank is inside native code. */
export function stateWord(rank: number): number {
  return RANKS + PER_RANK * rank;
}

/** Index of the word that says what a rank is at. */
export function placeWord(rank: number): number {
  return stateWord(rank) + 1;
}

/** Blocks the thread until `size` ranks have arrived. `spin` only where every rank has a core of its own. */
export function meet(control: Control, size: number, spin: boolean): void {
  const generation = Atomics.load(control, GENERATION);
  throwIfAborted(control);
  if (Atomics.add(control, ARRIVED, 1) === size - 1) {
    Atomics.store(control, ARRIVED, 0);
    Atomics.add(control, GENERATION, 1);
    Atomics.notify(control, GENERATION);
    return;
  }
  for (let i = spin ? 0 : SPINS; i < SPINS && Atomics.load(control, GENERATION) === generation; i++);
  while (Atomics.load(control, GENERATION) === generation) Atomics.wait(control, GENERATION, generation);
  throwIfAborted(control);
}

/** The flag is set before the generation changes, and read after it: no rank falls asleep between the two. */
export function abort(control: Control): void {
  Atomics.store(control, ABORTED, 1);
  Atomics.add(control, GENERATION, 1);
  Atomics.notify(control, GENERATION);
}

export function throwIfAborted(control: Control): void {
  if (Atomics.load(control, ABORTED) === 1) throw new RunAborted();
}

/** Makes the block ready for another run; only while no rank is in one. */
export function reset(control: Control): void {
  Atomics.store(control, ARRIVED, 0);
  Atomics.store(control, ABORTED, 0);
}
