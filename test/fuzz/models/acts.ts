/**
 * @file Input of an act of damage, and what it may change. Knows no act.
 */
import type { GraphProto, ModelProto } from "onnx-buf";

/** What a kind of damage may use: two places, a name, an extent, a number. */
export interface Choice {
  readonly at: number;
  readonly by: number;
  readonly word: string;
  readonly extent: string;
  readonly integer: bigint;
}

export type Act = (graph: GraphProto, choice: Choice, model: ModelProto) => void;
export type Acts = Readonly<Record<string, Act>>;
