/**
 * @file Keeps the driver from stopping a thread inside native code: onnxruntime-node and koffi take the whole process down when their thread
 * is terminated during a call, or while they load. Each rank has one word in the control block; who changes it first wins.
 */
import { RunAborted } from "../world.ts";
import type { Guard } from "../world.ts";
import { stateWord } from "./control.ts";
import type { Control } from "./control.ts";

const FREE = 0;
const NATIVE = 1;
const CONDEMNED = 2;

/** The rank's side: a rank that has been condemned never enters native code again. Throws `RunAborted` then. */
export function guardOf(control: Control, rank: number): Guard {
  const word = stateWord(rank);
  let depth = 0;
  const enter = (): void => {
    if (depth === 0 && Atomics.compareExchange(control, word, FREE, NATIVE) !== FREE) throw new RunAborted();
    depth += 1;
  };
  const leave = (): void => {
    depth -= 1;
    if (depth > 0) return;
    Atomics.store(control, word, FREE);
    Atomics.notify(control, word);
  };
  return (work) => {
    enter();
    let promised = false;
    try {
      const result = work();
      if (!(result instanceof Promise)) return result;
      promised = true;
      return result.finally(leave) as typeof result;
    } finally {
      if (!promised) leave();
    }
  };
}

/** The driver's side: true if the rank is outside native code, and will stay there, so that its thread may be terminated. */
export function condemn(control: Control, rank: number): boolean {
  return Atomics.compareExchange(control, stateWord(rank), FREE, CONDEMNED) !== NATIVE;
}

/** For a rank whose thread is gone, wherever it was. */
export function bury(control: Control, rank: number): void {
  Atomics.store(control, stateWord(rank), CONDEMNED);
}

/** Whether the rank is inside native code just now. */
export function isInside(control: Control, rank: number): boolean {
  return Atomics.load(control, stateWord(rank)) === NATIVE;
}

/** How long `waitOutside` sleeps at most. */
const WAIT_MS = 100;

/** Blocks this thread while the rank is inside native code, at most for a moment. */
export function waitOutside(control: Control, rank: number): void {
  Atomics.wait(control, stateWord(rank), NATIVE, WAIT_MS);
}
