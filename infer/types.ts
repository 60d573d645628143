/**
 * @file What the inference of a plan decides, as data: splits and gathers at places of a plan, each with its reason.
 */
import type { Spot } from "./places.ts";

/** One spec of the plan. */
export interface Decision {
  readonly action: "split" | "gather";
  readonly spot: Spot;
  /** Not negative. */
  readonly axis: number;
  /** Number of axes of the value. */
  readonly rank: number;
  /** The plan names the ONNX value, since binding would not find it, or another one. */
  readonly isNamed: boolean;
  /** Why this entry is here, as a sentence without a full stop. */
  readonly why: string;
}
