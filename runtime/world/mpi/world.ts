/**
 * @file A rank's world among processes: blocks go as messages, and the rank waits for them by asking the library, so that an abort ends
 * every wait. Knows no step and no process.
 */
import { throwIfAborted, abort } from "../threads/control.ts";
import type { Control } from "../threads/control.ts";
import type { Guard, World } from "../world.ts";
import { createBlocks } from "./blocks.ts";
import type { Blocks } from "./blocks.ts";
import { flavours } from "./library/flavours.ts";
import type { Flavour, Handle } from "./library/flavours.ts";
import { loadMpi } from "./library/load.ts";
import type { Mpi, Pending } from "./library/load.ts";

/** What a rank's thread needs; the process has started the library. */
export interface MpiSetup {
  readonly rank: number;
  readonly size: number;
  readonly flavour: Flavour["name"];
  /** Of this process: whether the run has been aborted. */
  readonly control: Control;
  /** Surrounds calls of the library: it must not be finalized during one, nor the thread be ended. */
  readonly guard: Guard;
  /** True where every rank of the host has a core of its own. */
  readonly spin: boolean;
}

/** How long a rank asks without a pause: a switch between threads costs some tens of microseconds. */
const SPIN_MS = 5;
const BRIEF_SPIN_MS = 0.1;
const PAUSE_MS = 0.05;

/** The world of a run over a communicator with an outbox of so many bytes; each communicator keeps its memory from run to run. */
export type OpenWorld = (comm: Handle, outboxBytes: number) => World;

/** A thread may serve one session after the other. */
let loading: Promise<Mpi> | undefined;

async function load(name: Flavour["name"]): Promise<Mpi> {
  return (await loadMpi(flavours.find((flavour) => flavour.name === name)!)).mpi;
}

export async function openMpiWorlds(setup: MpiSetup): Promise<OpenWorld> {
  const mpi = await setup.guard(() => (loading ??= load(setup.flavour)));
  let current: { readonly comm: Handle; readonly blocks: Blocks } | undefined;
  // The library may still write to, or read from, the memory of exchanges that did not end.
  let left: readonly Pending[] = [];
  return (comm, outboxBytes) =>
    setup.guard(() => {
      if (current?.comm !== comm) current = { comm, blocks: createBlocks(mpi, comm) };
      left = left.filter((pending) => !mpi.test(pending));
      current.blocks.reserve(outboxBytes);
      return worldOver(mpi, setup, comm, current.blocks, (pending) => (left = [...left, ...pending]));
    });
}

function worldOver(
  mpi: Mpi,
  { rank, size, control, guard, spin }: MpiSetup,
  comm: Handle,
  blocks: Blocks,
  abandon: (pending: readonly Pending[]) => void,
): World {
  const check = (): void => throwIfAborted(control);
  const finish = (pending: readonly Pending[]): void => {
    check();
    const waiting = new Set(pending);
    try {
      wait(mpi, waiting, spin, check);
    } catch (error) {
      abandon([...waiting]);
      throw error;
    }
  };
  return {
    rank,
    size,
    outgoing: blocks.outgoing,
    exchange: async (exchange) =>
      guard(() => {
        const { pending, arrived } = blocks.begin(exchange);
        finish(pending);
        return arrived;
      }),
    barrier: async () => guard(() => finish([mpi.barrier(comm)])),
    abort: () => abort(control),
    check,
  };
}

/** Blocks the thread until all are done, and leaves those that are not in `waiting` when `check` throws. */
function wait(mpi: Mpi, waiting: Set<Pending>, spin: boolean, check: () => void): void {
  const patience = performance.now() + (spin ? SPIN_MS : BRIEF_SPIN_MS);
  for (;;) {
    for (const pending of waiting) if (mpi.test(pending)) waiting.delete(pending);
    if (waiting.size === 0) return;
    check();
    if (performance.now() > patience) pause();
  }
}

const nothing = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

function pause(): void {
  Atomics.wait(nothing, 0, 0, PAUSE_MS);
}
