/**
 * @file Messages between the processes of a job: an object, with bytes beside it if need be. Nothing here waits: what is under way goes on
 * at each call of `poll`. Knows no content.
 */
import { deserialize, serialize } from "node:v8";
import type { Handle } from "./library/flavours.ts";
import type { Mpi, Pending } from "./library/load.ts";

export interface Letter {
  readonly from: number;
  readonly content: unknown;
  /** In shared memory, so that a rank's thread can use it in place; empty where there is none. */
  readonly payload: SharedArrayBuffer;
}

export interface Mail {
  /** Letters of one process to another arrive in order. The payload must not change before `idle`. */
  readonly send: (to: number, content: unknown, payload?: Uint8Array) => void;
  /** What has arrived since. */
  readonly poll: () => readonly Letter[];
  /** Whether all that was sent is on its way. */
  readonly idle: () => boolean;
}

const CONTENT = 1;
const PAYLOAD = 2;
/** A message has an `int` number of bytes. */
const MESSAGE_BYTES = 2 ** 30;

interface Envelope {
  readonly content: unknown;
  readonly payloadBytes: number;
}

interface Incoming {
  readonly from: number;
  readonly bytes: Uint8Array;
  pending: readonly Pending[];
  /** Once the content is there. */
  letter: Letter | null;
}

export function openMail(mpi: Mpi, comm: Handle): Mail {
  let leaving: readonly Pending[] = [];
  let incoming: Incoming | null = null;
  const remaining = (pending: readonly Pending[]): readonly Pending[] => pending.filter((one) => !mpi.test(one));
  return {
    send: (to, content, payload = new Uint8Array(0)) => {
      const envelope: Envelope = { content, payloadBytes: payload.byteLength };
      const parts = chunksOf(payload).map((chunk) => mpi.send(comm, chunk, to, PAYLOAD));
      leaving = [...leaving, mpi.send(comm, serialize(envelope), to, CONTENT), ...parts];
    },
    poll: () => {
      leaving = remaining(leaving);
      const letters: Letter[] = [];
      for (;;) {
        incoming ??= next(mpi, comm);
        if (incoming === null) return letters;
        incoming.pending = remaining(incoming.pending);
        if (incoming.pending.length > 0) return letters;
        if (incoming.letter === null) open(mpi, comm, incoming);
        else {
          letters.push(incoming.letter);
          incoming = null;
        }
      }
    },
    idle: () => {
      leaving = remaining(leaving);
      return leaving.length === 0;
    },
  };
}

function next(mpi: Mpi, comm: Handle): Incoming | null {
  const arrived = mpi.probe(comm, CONTENT);
  if (arrived === null) return null;
  const { from } = arrived;
  const bytes = new Uint8Array(arrived.bytes);
  return { from, bytes, pending: [mpi.receive(comm, bytes, from, CONTENT)], letter: null };
}

/** Reads the content, and begins to receive what lies beside it. */
function open(mpi: Mpi, comm: Handle, incoming: Incoming): void {
  const { from, bytes } = incoming;
  const { content, payloadBytes } = deserialize(bytes) as Envelope;
  const payload = new SharedArrayBuffer(payloadBytes);
  incoming.pending = chunksOf(new Uint8Array(payload)).map((chunk) => mpi.receive(comm, chunk, from, PAYLOAD));
  incoming.letter = { from, content, payload };
}

function chunksOf(bytes: Uint8Array): readonly Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.byteLength / MESSAGE_BYTES) }, (_, i) =>
    bytes.subarray(i * MESSAGE_BYTES, (i + 1) * MESSAGE_BYTES),
  );
}
