/**
 * @file Memory and messages of a rank's exchanges under MPI: an outbox and an inbox, each with two halves that take turns, as the outboxes
 * of threads do (outbox.ts). Knows no step.
 */
import { runtimeMessages } from "../../../compiler/diagnostics/catalog/runtime.ts";
import { diagnose } from "../../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../../compiler/diagnostics/error.ts";
import { reasonOf } from "../../reason.ts";
import { freshBytes } from "../../tensor.ts";
import type { Exchange, Receive } from "../world.ts";
import type { Handle } from "./library/flavours.ts";
import type { Mpi, Pending } from "./library/load.ts";

/** A message has an `int` number of bytes: longer blocks go as several. */
const MESSAGE_BYTES = 2 ** 30;
/** Tags count the exchanges, up to a number that every library allows (`MPI_TAG_UB` is at least 32767). */
const TAGS = 2 ** 15;
/** Blocks begin at multiples of this, so that any element type may be viewed in place. */
const ALIGNMENT = 64;

export interface Begun {
  readonly pending: readonly Pending[];
  /** The blocks of `receives`, to be read when all that is pending is done. */
  readonly arrived: readonly Uint8Array[];
}

export interface Blocks {
  /** Only between runs: exchanges need an outbox of up to so many bytes. Throws `ContextParallelError` where there is no memory. */
  readonly reserve: (bytes: number) => void;
  /** Memory of the next exchange's outbox. Throws `RangeError` where it is too small. */
  readonly outgoing: (offset: number, bytes: number) => Uint8Array;
  readonly begin: (exchange: Exchange) => Begun;
}

/** Of one communicator, on which every rank begins the same exchanges in the same order. */
export function createBlocks(mpi: Mpi, comm: Handle): Blocks {
  let outboxes = [freshBytes(0), freshBytes(0)] as const;
  const inboxes = [freshBytes(0), freshBytes(0)];
  let exchanges = 0;
  const outgoing = (offset: number, bytes: number): Uint8Array => {
    const { buffer } = outboxes[exchanges % 2 === 0 ? 0 : 1];
    return new Uint8Array(buffer, offset, bytes);
  };
  const inbox = (bytes: number): Uint8Array => {
    const half = exchanges % 2;
    if (inboxes[half]!.byteLength < bytes) inboxes[half] = allocated(bytes);
    return inboxes[half]!;
  };
  return {
    outgoing,
    reserve: (bytes) => {
      if (outboxes[0].byteLength < bytes) outboxes = [allocated(bytes), allocated(bytes)];
    },
    begin: ({ sends, receives }) => {
      const tag = exchanges % TAGS;
      const arrived = placesOf(receives, inbox);
      const incoming = receives.flatMap(({ from }, i) =>
        messagesOf(arrived[i]!).map((into) => mpi.receive(comm, into, from, tag)),
      );
      const leaving = sends.flatMap(({ to, offset, data }) => {
        const block = filled(outgoing(offset, data.byteLength), data);
        return to.flatMap((rank) => messagesOf(block).map((message) => mpi.send(comm, message, rank, tag)));
      });
      exchanges += 1;
      return { pending: [...incoming, ...leaving], arrived };
    },
  };
}

/** Memory for each block: of its own where it must stay, else of the inbox. */
function placesOf(receives: readonly Receive[], inbox: (bytes: number) => Uint8Array): readonly Uint8Array[] {
  const passing = receives.filter(({ keep }) => !keep);
  const total = passing.reduce((sum, { bytes }) => sum + aligned(bytes), 0);
  const memory = inbox(total);
  let offset = 0;
  return receives.map(({ bytes, keep }) => {
    if (keep) return allocated(bytes);
    const place = memory.subarray(offset, offset + bytes);
    offset += aligned(bytes);
    return place;
  });
}

function allocated(bytes: number): Uint8Array<ArrayBuffer> {
  try {
    return freshBytes(bytes);
  } catch (error) {
    throw new ContextParallelError([diagnose(runtimeMessages.memory, { bytes, reason: reasonOf(error) })], error);
  }
}

/** None for a block without bytes, on both sides. */
function messagesOf(block: Uint8Array): readonly Uint8Array[] {
  return Array.from({ length: Math.ceil(block.byteLength / MESSAGE_BYTES) }, (_, i) =>
    block.subarray(i * MESSAGE_BYTES, (i + 1) * MESSAGE_BYTES),
  );
}

function filled(place: Uint8Array, data: Uint8Array): Uint8Array {
  if (data.buffer !== place.buffer || data.byteOffset !== place.byteOffset) place.set(data);
  return place;
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
