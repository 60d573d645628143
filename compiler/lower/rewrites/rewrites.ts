/**
 * @file Rewrites of the local steps of a proven flow, each to something that ONNX Runtime computes faster with the same result up to
 * rounding. They run after the proof: propagation and simulation do not know them. Each is measured in docs/rewrites.md.
 */
import type { Flow } from "../flow.ts";
import { attendInRankOrder } from "./attention-rows.ts";
import type { Listed } from "./edit.ts";
import { joinSlices } from "./joined-slices.ts";
import { scaleInNorm } from "./scaled-norm.ts";
import { rotateInOne } from "./rotary.ts";

/** A rewrite changes no value that is listed, an output, or read by a collective or a hook. */
export type Rewrite = (flow: Flow, listed: Listed) => Flow;

/** In the order in which they run. */
export const rewrites: Readonly<Record<string, Rewrite>> = {
  joinSlices,
  scaleInNorm,
  rotateInOne,
  attendInRankOrder,
};

export function rewrite(flow: Flow, listed: Listed): Flow {
  return Object.values(rewrites).reduce((done, one) => one(done, listed), flow);
}
