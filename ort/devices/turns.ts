/**
 * @file Turns at a device whose sessions bear one call at a time in the whole process, whatever thread it comes from. Knows no device.
 */

/** 1 while a thread is at it; shared by all threads that are to take turns. */
export type Turns = Int32Array<SharedArrayBuffer>;

const FREE = 0;
const TAKEN = 1;

let made: Turns | undefined;

/** Those of this thread and of the ranks that it starts. */
export function turns(): Turns {
  return (made ??= new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)));
}

/** The last work of this thread: a thread that blocked for its own turn would never end it. */
let last: Promise<unknown> = Promise.resolve();

/** Does the work when no other thread, and no earlier work of this thread, is at it. Blocks the thread for those of others. */
export function inTurn<T>(shared: Turns, work: () => Promise<T>): Promise<T> {
  const result = last.then(() => alone(shared, work));
  last = result.catch(() => undefined);
  return result;
}

/** What this thread is at, if it is. */
let held: Turns | null = null;
let watching = false;

async function alone<T>(shared: Turns, work: () => Promise<T>): Promise<T> {
  // A process that exits waits for its ranks, and they would wait for this thread, which does nothing more. First, since others block.
  if (!watching) process.prependListener("exit", giveBack);
  watching = true;
  while (Atomics.compareExchange(shared, 0, FREE, TAKEN) !== FREE) Atomics.wait(shared, 0, TAKEN);
  held = shared;
  try {
    return await work();
  } finally {
    giveBack();
  }
}

function giveBack(): void {
  if (held === null) return;
  const shared = held;
  held = null;
  Atomics.store(shared, 0, FREE);
  Atomics.notify(shared, 0, 1);
}
