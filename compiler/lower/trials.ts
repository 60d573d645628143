/**
 * @file Chooses the pieces with which a device is compared with the CPU: every piece of attention, and the smallest local pieces. Knows
 * nothing of when they run.
 */
import { asCp } from "../ir/cp.ts";
import type { ProgramTrial } from "../../program/types.ts";
import { writesOf } from "./flow.ts";
import type { Flow } from "./flow.ts";
import { isMeasurable, readsAt, weightBytes } from "./probe.ts";
import type { PieceBody, Placed } from "./schedule/arrange.ts";

interface Candidate {
  readonly step: number;
  readonly body: PieceBody;
  /** Equal for bodies that are one piece. */
  readonly piece: string;
  readonly bytes: number;
}

/**
 * In the order of the steps; without pieces that read a value whose extents depend on data. Local pieces: the smallest with weights, which has products of them, and the smallest with an attention, whose
 * kernel devices compute in code of its own. `pieceOf` names the piece of a body.
 */
export function trialsOf(
  flow: Flow,
  placed: readonly Placed[],
  pieceOf: (body: PieceBody) => string,
): readonly ProgramTrial[] {
  const all = placed.flatMap((body, step): readonly Candidate[] =>
    body.kind === "body" && isMeasurable(flow, body)
      ? [{ step, body, piece: pieceOf(body), bytes: weightBytes(flow, body) }]
      : [],
  );
  const attends = ({ body }: Candidate): boolean => body.steps.some(({ node }) => asCp(node, "Attention") !== null);
  const local = all.filter(({ body }) => body.site === null);
  const chosen = [
    ...all.filter(({ body }) => body.site !== null),
    ...smallest(local.filter(({ bytes }) => bytes > 0)),
    ...smallest(local.filter(attends)),
  ];
  const first = new Map(chosen.toReversed().map((candidate) => [candidate.piece, candidate]));
  return [...first.values()].toSorted((a, b) => a.step - b.step).map((candidate) => trialOf(flow, candidate));
}

function smallest(candidates: readonly Candidate[]): readonly Candidate[] {
  return candidates.toSorted((a, b) => a.bytes - b.bytes).slice(0, 1);
}

function trialOf(flow: Flow, { step, body }: Candidate): ProgramTrial {
  const names = [...body.reads, ...body.steps.flatMap(writesOf)];
  const elems = names.flatMap((name) => flow.localShapes.get(name)?.elem ?? []);
  return { step, reads: readsAt(flow, body), elems: [...new Set(elems)].toSorted() };
}
