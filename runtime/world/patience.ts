/**
 * @file Waits of a rank for code of the user, which may never end. Knows no handler.
 */

/** How long a rank takes to see that its run was aborted while it waits. */
const POLL_MS = 20;

/** What `work` resolves to, or what `check` throws as soon as it does: `RunAborted`. `work` itself cannot be stopped. */
export async function orAborted<T>(check: () => void, work: PromiseLike<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const aborted = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      try {
        check();
      } catch (error) {
        reject(error);
      }
    }, POLL_MS);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    clearInterval(timer);
  }
}
