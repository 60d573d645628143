/**
 * @file Which blocks a rank sends and receives in a collective, and where each lies in its sender's outbox. Pure functions of the
 * program, the rank, the lengths and the cut, so that every rank and the driver get the same numbers. Knows no tensor and no transport.
 */
import { invariant } from "../../compiler/diagnostics/diagnose.ts";
import { evaluate, PEER, RANK, type Cut } from "../../compiler/expr/expr.ts";
import type { CollectiveStep, Program } from "../../program/types.ts";
import { byteSize } from "../tensor.ts";
import { groupOf, ranksOf, type Mesh } from "../../program/mesh.ts";

export type Lengths = Readonly<Record<string, number>>;

/** The block at `slot` of a transfer's `send`; `to` are the other ranks that read it, none for a block that stays. */
export interface Send {
  readonly transfer: number;
  readonly slot: number;
  readonly to: readonly number[];
  readonly dims: readonly number[];
  readonly bytes: number;
  /** Where the block begins in the sender's outbox; 0 for a block that stays. */
  readonly offset: number;
}

/** The block at `slot` of a transfer's `receive`: the sender's block at `sendSlot`. `from` may be the rank itself. */
export interface Receive {
  readonly transfer: number;
  readonly slot: number;
  readonly from: number;
  readonly sendSlot: number;
  readonly dims: readonly number[];
  readonly bytes: number;
  readonly offset: number;
}

export interface Placement {
  readonly sends: readonly Send[];
  readonly receives: readonly Receive[];
  /** Bytes of the outbox that the rank fills. */
  readonly outbox: number;
  /** Bytes that leave the rank: each block times the other ranks that read it. */
  readonly sent: number;
}

/** Blocks begin at multiples of this, so that any element type may be viewed in place. */
const ALIGNMENT = 64;

/** Placements of one program at given lengths; equal collectives share one. */
export function placer(mesh: Mesh, lengths: Lengths, cut: Cut): (step: CollectiveStep, rank: number) => Placement {
  const known = new Map<string, Placement>();
  return (step, rank) => {
    const geometry = step.transfers.map(({ send, elem, dims }) => [send.length, elem, dims]);
    const key = JSON.stringify([rank, step.collective, step.group, geometry]);
    const found = known.get(key) ?? placementOf(step, rank, mesh, lengths, cut);
    known.set(key, found);
    return found;
  };
}

export function placementOf(step: CollectiveStep, rank: number, mesh: Mesh, lengths: Lengths, cut: Cut): Placement {
  const members = groupOf(step.group, rank, mesh);
  invariant(members.includes(rank), `rank ${rank} is not a member of its own group`);
  // Only those that are received from: a shift in a group of a thousand has one.
  const known = new Map<number, readonly Send[]>();
  const sendsBy = (member: number): readonly Send[] => {
    const found = known.get(member) ?? sendsOf(step, member, members, lengths, cut);
    known.set(member, found);
    return found;
  };
  const sends = sendsBy(rank);
  const receives = step.transfers.flatMap((_, transfer) =>
    sourcesOf(step, rank, members).map(({ from, sendSlot }, slot): Receive => {
      const block = sendsBy(from).find((send) => send.transfer === transfer && send.slot === sendSlot);
      invariant(block !== undefined, `rank ${from} has no block ${sendSlot} in ${step.name}`);
      return { transfer, slot, from, sendSlot, dims: block.dims, bytes: block.bytes, offset: block.offset };
    }),
  );
  return { sends, receives, outbox: outboxOf(sends), sent: sum(sends.map((send) => send.bytes * send.to.length)) };
}

/** Bytes of outbox that each rank needs for the largest collective of a program. */
export function outboxSizes(program: Program, place: ReturnType<typeof placer>): readonly number[] {
  const collectives = program.steps.filter((step) => step.kind === "collective");
  return Array.from({ length: ranksOf(program.mesh) }, (_, rank) =>
    collectives.reduce((largest, step) => Math.max(largest, place(step, rank).outbox), 0),
  );
}

function sendsOf(
  step: CollectiveStep,
  rank: number,
  members: readonly number[],
  lengths: Lengths,
  cut: Cut,
): readonly Send[] {
  const sends: Send[] = [];
  let offset = 0;
  step.transfers.forEach(({ elem, dims }, transfer) => {
    targetsOf(step, rank, members).forEach(({ to, peer }, slot) => {
      const extents = dims.map((dim) => evaluate(dim, { ...lengths, [RANK]: rank, [PEER]: peer }, cut));
      const bytes = byteSize(elem, extents);
      const stays = to.length === 0;
      sends.push({ transfer, slot, to, dims: extents, bytes, offset: stays ? 0 : offset });
      if (!stays) offset = Math.ceil((offset + bytes) / ALIGNMENT) * ALIGNMENT;
    });
  });
  return sends;
}

/** For each block of a transfer: the other ranks that read it, and the rank that stands for the receiver in its extents. */
function targetsOf(
  { collective }: CollectiveStep,
  rank: number,
  members: readonly number[],
): readonly { readonly to: readonly number[]; readonly peer: number }[] {
  const others = (ranks: readonly number[]): readonly number[] => ranks.filter((other) => other !== rank);
  if (collective === "all-to-all") return members.map((peer) => ({ to: others([peer]), peer }));
  if (collective === "all-gather") return [{ to: others(members), peer: rank }];
  const next = neighbour(rank, members, 1);
  return [{ to: others([next]), peer: next }];
}

/** For each block that a rank receives in a transfer: whose it is, and which one of that rank's. */
function sourcesOf(
  { collective }: CollectiveStep,
  rank: number,
  members: readonly number[],
): readonly { readonly from: number; readonly sendSlot: number }[] {
  if (collective === "all-to-all") return members.map((from) => ({ from, sendSlot: members.indexOf(rank) }));
  if (collective === "all-gather") return members.map((from) => ({ from, sendSlot: 0 }));
  return [{ from: neighbour(rank, members, -1), sendSlot: 0 }];
}

function neighbour(rank: number, members: readonly number[], step: 1 | -1): number {
  const at = members.indexOf(rank) + step + members.length;
  return members[at % members.length] ?? rank;
}

function outboxOf(sends: readonly Send[]): number {
  return Math.max(0, ...sends.filter(({ to }) => to.length > 0).map(({ offset, bytes }) => offset + bytes));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
