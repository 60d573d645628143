/**
 * @file Pauses in long synchronous work, in which the event loop runs and the work can be aborted. Knows no work.
 */

/** Ends work whose signal has aborted. */
export class Aborted extends Error {
  constructor() {
    super("aborted by its signal");
    this.name = "Aborted";
  }
}

/** Lets pending events run. Throws `Aborted` if the signal has aborted by then. */
export async function turn(signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
  if (signal?.aborted) throw new Aborted();
}
