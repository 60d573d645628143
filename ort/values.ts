/**
 * @file What a rank computes with, whatever backend gives it: values that stay where their backend keeps them, and sessions that run on
 * them. Names no package.
 */
import type { OrtElem, OrtSession, OrtTensor } from "./types.ts";

/** A tensor where its backend keeps it. */
export interface OrtValue {
  readonly elem: OrtElem;
  readonly dims: readonly number[];
  /** The data in place, not a copy: of no use after `release`. */
  readonly tensor: () => OrtTensor;
  /** Returns the memory, if it is the backend's. A second call does nothing. */
  readonly release: () => void;
}

export type OrtValues = Readonly<Record<string, OrtValue>>;

/** Session as a rank sees it. */
export interface Runner {
  /**
   * Blocks the calling thread while it computes. An output with a tensor in `outputs` is written into its memory where the backend can
   * (`Values.inPlace`); its type and shape must be the output's. Throws `OrtError`.
   */
  readonly run: (feeds: OrtValues, outputs: Readonly<Record<string, OrtTensor | null>>) => Promise<OrtValues>;
  readonly release: () => Promise<void>;
}

/** How a rank hands its own data to a backend. */
export interface Values {
  /** Whether values may lie in shared memory, and outputs in memory of the caller. */
  readonly inPlace: boolean;
  /** The tensor as a value; it is not copied and must not change until `release`. */
  readonly hold: (tensor: OrtTensor) => OrtValue;
}

/** For backends whose values are JavaScript's own memory. */
export const heapValues: Values = {
  inPlace: false,
  hold: (tensor) => ({ elem: tensor.elem, dims: tensor.dims, tensor: () => tensor, release: () => undefined }),
};

/** A session over tensors as one over values. */
export function runnerOf(session: OrtSession): Runner {
  return {
    run: async (feeds, outputs) => {
      const tensors = Object.entries(feeds).map(([name, value]) => [name, value.tensor()] as const);
      const results = await session.run(Object.fromEntries(tensors), Object.keys(outputs));
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, heapValues.hold(tensor)]));
    },
    release: session.release,
  };
}
