/**
 * @file Exchange through memory that all ranks see: every rank fills its own outbox, and after one barrier reads the others'.
 * Knows how, not when: the barrier comes from the world of threads, or from a test's world of promises.
 */
import type { Exchange, World } from "./world.ts";

/** The waiting side of a world. */
export type Meeting = Pick<World, "rank" | "size" | "barrier" | "abort" | "check">;

/** Bytes of an outbox whose halves hold `bytes` each and begin at multiples of 64. */
export function outboxCapacity(bytes: number): number {
  return 2 * Math.ceil(bytes / 64) * 64;
}

/**
 * A world over one outbox per rank. The halves of the outboxes take turns, so that one barrier per exchange is enough: a rank that
 * runs ahead fills the other half, and cannot reach the same half again before all have passed the next barrier.
 */
export function outboxWorld(meeting: Meeting, outboxes: readonly (ArrayBuffer | SharedArrayBuffer)[]): World {
  let turn = 0;
  return {
    ...meeting,
    exchange: async (blocks) => {
      const half = turn;
      turn = 1 - turn;
      fill(outboxes[meeting.rank], half, blocks);
      await meeting.barrier();
      for (const { from, offset, into } of blocks.receives) {
        if (into.byteLength > 0) into.set(region(outboxes[from], half, offset, into.byteLength));
      }
    },
  };
}

function fill(outbox: ArrayBuffer | SharedArrayBuffer | undefined, half: number, { sends }: Exchange): void {
  for (const { to, offset, data } of sends) {
    if (to.length > 0 && data.byteLength > 0) region(outbox, half, offset, data.byteLength).set(data);
  }
}

/** A view of a half; it throws (`RangeError`) where the outbox is too small. */
function region(
  outbox: ArrayBuffer | SharedArrayBuffer | undefined,
  half: number,
  offset: number,
  bytes: number,
): Uint8Array {
  const buffer = outbox ?? new ArrayBuffer(0);
  return new Uint8Array(buffer, (half * buffer.byteLength) / 2 + offset, bytes);
}
