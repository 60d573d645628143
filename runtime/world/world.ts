/**
 * @file What a rank needs of the transport between ranks. Threads implement it here; processes under MPI can. Knows no tensor.
 */

/** Blocks of one exchange as bytes. A block of `sends` lies at `offset` of the rank's outbox, which each receiver names again. */
export interface Exchange {
  readonly sends: readonly { readonly to: readonly number[]; readonly offset: number; readonly data: Uint8Array }[];
  /** Never from the rank itself. */
  readonly receives: readonly Receive[];
}

export interface Receive {
  readonly from: number;
  readonly offset: number;
  readonly bytes: number;
  /** Whether the bytes must stay after the next exchange; others may then be overwritten. */
  readonly keep: boolean;
}

/** All ranks call `exchange` and `barrier` in the same order. Each throws `RunAborted` once any rank has aborted. */
export interface World {
  readonly rank: number;
  readonly size: number;
  /**
   * Memory of a block that the next exchange will send from `offset`, to be filled before it: `exchange` then has nothing to copy. Its
   * content stays until the exchange after that one has sent its blocks. `null` where there is no such memory.
   */
  outgoing(offset: number, bytes: number): Uint8Array | null;
  /** The bytes that have arrived, in the order of `receives`. The memory of `sends` may then be reused. */
  exchange(blocks: Exchange): Promise<readonly Uint8Array[]>;
  /** Resolves when every rank has called it. */
  barrier(): Promise<void>;
  /** Ends the waits of all ranks, now and later, until the driver starts another run. */
  abort(): void;
  /** Throws `RunAborted` if a rank or the driver has aborted; costs next to nothing. */
  check(): void;
}

/** Ends a rank's part in a run that failed elsewhere: not a fault of this rank. */
export class RunAborted extends Error {
  constructor() {
    super("the run was aborted");
    this.name = "RunAborted";
  }
}

/** Leaves word of what the rank begins: the index of a step of its run, or of a piece that it loads. */
export type Announce = (index: number) => void;

/**
 * Runs work that calls native code, so that the driver knows: until it returns or, if it gives a promise, until that has settled. Guarded
 * work may contain guarded work. Throws `RunAborted` where the rank is about to be ended.
 */
export type Guard = <T>(work: () => T) => T;
