/**
 * @file An MPI library as functions of this thread, through koffi. All calls return at once, but for `start`, which runs beside this
 * thread, and `finalize`. Knows no message.
 */
import { loadKoffi, loadLibrary } from "../../../../ort/system/koffi.ts";
import type { Library as SharedLibrary } from "../../../../ort/system/koffi.ts";
import { STATUS_BYTES, TEXT_BYTES, THREAD_MULTIPLE } from "./flavours.ts";
import type { Flavour, Handle } from "./flavours.ts";

/** An operation in progress, with the memory that it uses: both must be kept until `test` is true. */
export interface Pending {
  readonly request: BigUint64Array;
  readonly memory: Uint8Array | null;
}

/** A message that has arrived and has not been received. */
export interface Arrived {
  readonly from: number;
  readonly bytes: number;
}

/** Every call throws `MpiError`. One message has at most 2^31 - 1 bytes. */
export interface Mpi {
  readonly flavour: Flavour;
  /** The communicator of all processes of the job. */
  readonly world: Handle;
  readonly rank: () => number;
  readonly size: () => number;
  /** What the library calls itself, on one line. */
  readonly version: () => string;
  readonly send: (comm: Handle, data: Uint8Array, to: number, tag: number) => Pending;
  readonly receive: (comm: Handle, into: Uint8Array, from: number, tag: number) => Pending;
  readonly barrier: (comm: Handle) => Pending;
  readonly test: (pending: Pending) => boolean;
  /** Of a receive: if no message has come for it yet, `test` becomes true without one. */
  readonly cancel: (pending: Pending) => void;
  /** The next message from any rank. */
  readonly probe: (comm: Handle, tag: number) => Arrived | null;
  /** A communicator of the same ranks whose messages meet no others; `comm` may be called when `pending` is done. */
  readonly duplicate: (comm: Handle) => { readonly pending: Pending; readonly comm: () => Handle };
  readonly free: (comm: Handle) => void;
  /** Ends all processes of the job, this one too. */
  readonly abort: (code: number) => void;
  /** Waits for all processes of the job. */
  readonly finalize: () => void;
  /** The system ends this process after so many seconds, whatever it is inside of. Throws where the system cannot. */
  readonly endIn: (seconds: number) => void;
}

/** A library that has not been started; `start` returns when all processes of the job have called it. */
export interface Unstarted {
  readonly mpi: Mpi;
  /** The level of threads that the library gives. */
  readonly start: () => Promise<number>;
}

/** What a call of the library returned in place of success. */
class MpiError extends Error {
  constructor(call: string, code: number) {
    super(`${call} failed with the code ${code}`);
    this.name = "MpiError";
  }
}

/** C prototypes; H is the type of a handle. */
const prototypes = {
  MPI_Init_thread: "(void *, void *, int, void *)",
  MPI_Comm_set_errhandler: "(H, H)",
  MPI_Comm_rank: "(H, void *)",
  MPI_Comm_size: "(H, void *)",
  MPI_Get_library_version: "(void *, void *)",
  MPI_Isend: "(void *, int, H, int, int, H, void *)",
  MPI_Irecv: "(void *, int, H, int, int, H, void *)",
  MPI_Ibarrier: "(H, void *)",
  MPI_Test: "(void *, void *, void *)",
  MPI_Cancel: "(void *)",
  MPI_Iprobe: "(int, int, H, void *, void *)",
  MPI_Get_count: "(void *, H, void *)",
  MPI_Comm_idup: "(H, void *, void *)",
  MPI_Comm_free: "(void *)",
  MPI_Abort: "(H, int)",
  MPI_Finalize: "()",
} as const;

type Name = keyof typeof prototypes;
type Parameters = readonly unknown[];

interface Library {
  readonly flavour: Flavour;
  /** Throws `MpiError`. */
  readonly call: (name: Name, ...parameters: Parameters) => void;
  readonly beside: (name: Name, ...parameters: Parameters) => Promise<void>;
  readonly world: Handle;
  readonly byte: Handle;
  readonly errorsReturn: Handle;
  readonly endIn: (seconds: number) => void;
}

/** Throws an `Error` that says why: koffi, or the library. */
export async function loadMpi(flavour: Flavour): Promise<Unstarted> {
  const library = await open(flavour);
  return { mpi: callsOf(library), start: () => start(library) };
}

async function open(flavour: Flavour): Promise<Library> {
  const koffi = await loadKoffi();
  const library = openFirst(flavour.sonames, (name) => loadLibrary(koffi, name, true));
  const functions = new Map(
    Object.entries(prototypes).map(([name, parameters]) => [
      name,
      library.func(`int ${name}${parameters.replaceAll("H", flavour.handle)}`),
    ]),
  );
  const handle = (value: string | number): Handle =>
    typeof value === "number" ? value : koffi.address(library.symbol(value, "char"));
  return {
    flavour,
    world: handle(flavour.world),
    byte: handle(flavour.byte),
    errorsReturn: handle(flavour.errorsReturn),
    // Of the C library, on which the library depends.
    endIn: (seconds) => void library.func("unsigned int alarm(unsigned int)")(seconds),
    call: (name, ...parameters) => check(name, functions.get(name)!(...parameters)),
    beside: (name, ...parameters) =>
      new Promise((resolve, reject) => {
        functions.get(name)!.async(...parameters, (error: unknown, code: unknown) => {
          if (error === null && code === 0) resolve();
          else reject(error === null ? new MpiError(name, Number(code)) : (error as Error));
        });
      }),
  };
}

function openFirst(names: readonly string[], load: (name: string) => SharedLibrary): SharedLibrary {
  const reasons: string[] = [];
  for (const name of names) {
    try {
      return load(name);
    } catch (error) {
      reasons.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(reasons.join("; "));
}

function check(call: string, code: unknown): void {
  if (code !== 0) throw new MpiError(call, Number(code));
}

async function start({ call, beside, world, errorsReturn }: Library): Promise<number> {
  const level = new Int32Array(1);
  await beside("MPI_Init_thread", null, null, THREAD_MULTIPLE, level);
  call("MPI_Comm_set_errhandler", world, errorsReturn);
  return level[0]!;
}

function callsOf(library: Library): Mpi {
  const { flavour, call, world, byte } = library;
  const number = (name: Name, ...parameters: Parameters): number => {
    const out = new Int32Array(1);
    call(name, ...parameters, out);
    return out[0]!;
  };
  const begin = (memory: Uint8Array | null, name: Name, ...parameters: Parameters): Pending => {
    const request = new BigUint64Array(1);
    call(name, ...parameters, request);
    return { request, memory };
  };
  return {
    flavour,
    world,
    rank: () => number("MPI_Comm_rank", world),
    size: () => number("MPI_Comm_size", world),
    version: () => versionOf(library),
    send: (comm, data, to, tag) => begin(data, "MPI_Isend", data, data.byteLength, byte, to, tag, comm),
    receive: (comm, into, from, tag) => begin(into, "MPI_Irecv", into, into.byteLength, byte, from, tag, comm),
    barrier: (comm) => begin(null, "MPI_Ibarrier", comm),
    test: ({ request }) => {
      const done = new Int32Array(1);
      call("MPI_Test", request, done, flavour.noStatus);
      return done[0] !== 0;
    },
    cancel: ({ request }) => call("MPI_Cancel", request),
    probe: (comm, tag) => probe(library, comm, tag),
    duplicate: (comm) => {
      const out = new BigUint64Array(1);
      const pending = begin(null, "MPI_Comm_idup", comm, out);
      return { pending, comm: () => (flavour.handle === "int" ? Number(BigInt.asIntN(32, out[0]!)) : out[0]!) };
    },
    free: (comm) => call("MPI_Comm_free", new BigInt64Array([BigInt(comm)])),
    abort: (code) => call("MPI_Abort", world, code),
    finalize: () => call("MPI_Finalize"),
    endIn: library.endIn,
  };
}

function probe({ flavour, call, byte }: Library, comm: Handle, tag: number): Arrived | null {
  const status = new Int32Array(STATUS_BYTES / Int32Array.BYTES_PER_ELEMENT);
  const found = new Int32Array(1);
  call("MPI_Iprobe", flavour.anySource, tag, comm, found, status);
  if (found[0] === 0) return null;
  const bytes = new Int32Array(1);
  call("MPI_Get_count", status, byte, bytes);
  return { from: status[flavour.sourceAt]!, bytes: bytes[0]! };
}

function versionOf({ call }: Library): string {
  const text = Buffer.alloc(TEXT_BYTES);
  const length = new Int32Array(1);
  call("MPI_Get_library_version", text, length);
  const [line = ""] = text.toString("latin1", 0, length[0]).replace(/\0.*$/s, "").split("\n");
  return line.replaceAll(/\s+/g, " ").trim();
}
