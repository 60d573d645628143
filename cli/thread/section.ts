/**
 * @file A critical section during which the process must not end: one word of shared memory between the command's thread, which does the
 * work, and the main thread, which may end the process. Knows no work.
 */

const FREE = 0;
const BUSY = 1;
const CLOSED = 2;

export type Section = Int32Array<SharedArrayBuffer>;

export function createSection(): Section {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

/** Does `work` while the section is open. Once it is closed, the call waits for the end of the process. */
export function inside(section: Section, work: () => void): void {
  while (Atomics.compareExchange(section, 0, FREE, BUSY) !== FREE) Atomics.wait(section, 0, CLOSED);
  try {
    work();
  } finally {
    Atomics.store(section, 0, FREE);
    Atomics.notify(section, 0);
  }
}

/** Waits for work in progress; none starts afterwards. */
export function close(section: Section): void {
  while (Atomics.compareExchange(section, 0, FREE, CLOSED) === BUSY) Atomics.wait(section, 0, BUSY);
}
