/**
 * @file Chooses what ranks are measured with when nobody states their shares: the piece with the most weights, and the values that it reads.
 * Knows nothing of when it runs.
 */
import { isOpen } from "../expr/expr.ts";
import { bytesIn } from "../graph/tensors.ts";
import type { ProgramProbe, ProgramTensor } from "../../program/types.ts";
import type { PieceBody, Placed } from "./schedule/arrange.ts";
import { readsOf } from "./flow.ts";
import type { Flow } from "./flow.ts";

/** `null` where every piece reads a value whose extents depend on data. The steps of the program are `placed`, in this order. */
export function probeOf(flow: Flow, placed: readonly Placed[]): ProgramProbe | null {
  let largest: { readonly step: number; readonly body: PieceBody; readonly bytes: number } | null = null;
  for (const [step, body] of placed.entries()) {
    if (body.kind !== "body" || !isMeasurable(flow, body)) continue;
    const bytes = weightBytes(flow, body);
    if (largest === null || bytes > largest.bytes) largest = { step, body, bytes };
  }
  if (largest === null) return null;
  return { step: largest.step, reads: readsAt(flow, largest.body) };
}

/** What a body that `isMeasurable` reads, as a rank holds it. */
export function readsAt({ localShapes }: Flow, { reads }: PieceBody): readonly ProgramTensor[] {
  return reads.map((name) => ({ name, ...localShapes.get(name)! }));
}

/** Whether no value that the body reads has an extent that depends on data. */
export function isMeasurable({ localShapes }: Flow, { reads }: PieceBody): boolean {
  return reads.every((name) => localShapes.get(name)?.dims.every((dim) => !isOpen(dim)) ?? false);
}

export function weightBytes({ constants }: Flow, { steps }: PieceBody): number {
  const names = new Set(steps.flatMap(readsOf));
  return [...names].reduce((sum, name) => {
    const data = constants.get(name)?.data;
    return sum + (data === undefined ? 0 : bytesIn(data));
  }, 0);
}
