/**
 * @file Pauses in long synchronous work, in which events of the process are served and the work can be ended. Knows no work.
 */

/** Ends work whose signal has aborted. */
export class Aborted extends Error {
  constructor() {
    super("aborted by its signal");
    this.name = "Aborted";
  }
}

/** Lets waiting events be served. Throws `Aborted` if the signal has aborted by then. */
export async function turn(signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
  if (signal?.aborted) throw new Aborted();
}
