/**
 * @file What a mutant of feeds is.
 */
import type { OrtTensors } from "../../../ort/types.ts";
import type { Label } from "../plans/oracle.ts";

export interface FeedMutant {
  readonly name: string;
  readonly label: Label;
  readonly feeds: OrtTensors;
}

/** An axis of an input that the plan splits at the root. */
export interface SplitFeed {
  readonly input: string;
  readonly axis: number;
}
