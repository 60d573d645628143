/**
 * @file Exchange through memory that all ranks see: every rank fills its own outbox, and after one barrier reads the others'.
 * Knows how, not when: the barrier comes from the world of threads, or from a test's world of promises.
 */
import { freshBytes } from "../tensor.ts";
import type { Exchange, World } from "./world.ts";

/** The waiting side of a world. */
export type Meeting = Pick<World, "rank" | "size" | "barrier" | "abort" | "check">;

/** Bytes of an outbox whose halves hold `bytes` each and begin at multiples of 64. */
export function outboxCapacity(bytes: number): number {
  return 2 * Math.ceil(bytes / 64) * 64;
}

/**
 * A world over one outbox per rank. The halves of the outboxes take turns, so that one barrier per exchange is enough: a rank that
 * runs ahead fills the other half, and cannot reach the same half again before all have passed the next barrier. Until then what
 * others left for a rank stays where it is, so that the rank may use it there.
 */
export function outboxWorld(meeting: Meeting, outboxes: readonly (ArrayBuffer | SharedArrayBuffer)[]): World {
  let turn = 0;
  const own = outboxes[meeting.rank];
  return {
    ...meeting,
    outgoing: (offset, bytes) => region(own, turn, offset, bytes),
    exchange: async (blocks) => {
      const half = turn;
      turn = 1 - turn;
      fill(own, half, blocks);
      await meeting.barrier();
      return blocks.receives.map(({ from, offset, bytes, keep }) => {
        const arrived = region(outboxes[from], half, offset, bytes);
        return keep ? copied(arrived) : arrived;
      });
    },
  };
}

function fill(outbox: ArrayBuffer | SharedArrayBuffer | undefined, half: number, { sends }: Exchange): void {
  for (const { to, offset, data } of sends) {
    if (to.length === 0 || data.byteLength === 0) continue;
    const place = region(outbox, half, offset, data.byteLength);
    const filled = data.buffer === place.buffer && data.byteOffset === place.byteOffset;
    if (!filled) place.set(data);
  }
}

function copied(bytes: Uint8Array): Uint8Array {
  const copy = freshBytes(bytes.byteLength);
  copy.set(bytes);
  return copy;
}

/** A view of a half; it throws (`RangeError`) where the outbox is too small. */
function region(
  outbox: ArrayBuffer | SharedArrayBuffer | undefined,
  half: number,
  offset: number,
  bytes: number,
): Uint8Array {
  if (bytes === 0) return new Uint8Array(0);
  const buffer = outbox ?? new ArrayBuffer(0);
  return new Uint8Array(buffer, (half * buffer.byteLength) / 2 + offset, bytes);
}
