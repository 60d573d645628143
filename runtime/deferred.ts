/**
 * @file A promise with its resolvers, and a queue of turns built on it. Knows nothing of ranks.
 */

export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

export function deferred<T>(): Deferred<T> {
  let resolvers: Omit<Deferred<T>, "promise"> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    resolvers = { resolve, reject };
  });
  return { promise, ...resolvers! };
}

/** Resolves when the turn comes, in order of calling, with the function that ends it. */
export type Queue = () => Promise<() => void>;

export function createQueue(): Queue {
  let last: Promise<void> = Promise.resolve();
  return () => {
    const turn = deferred<void>();
    const before = last;
    last = turn.promise;
    return before.then(() => turn.resolve);
  };
}

/** Waits for `work`, at most so long; what `work` gives is not looked at. */
export async function atMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}
