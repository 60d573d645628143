/**
 * @file How large a program may be that this release loads: far above what the compiler makes, far below what exhausts a machine before a
 * rank has started. docs/runtime.md states them.
 */

import { limits } from "../../compiler/limits/limits.ts";

export interface Limits {
  /** Bytes of `program.json`. */
  readonly bytes: number;
  /** Levels of lists and objects inside each other. */
  readonly levels: number;
  /** Ranks are threads of one process. */
  readonly ranks: number;
  /** Characters of a name or path. */
  readonly name: number;
  /** Axes of a tensor. */
  readonly axes: number;
  /** Bytes of a piece, and of a model's graph: a protobuf message ends at 2 GiB. */
  readonly model: number;
  /** Problems that are listed of one program. */
  readonly problems: number;
}

export const LIMITS: Limits = {
  bytes: limits.programBytes.most,
  levels: 512,
  ranks: limits.ranks.most,
  name: limits.nameLength.most,
  axes: limits.axes.most,
  model: limits.modelBytes.most,
  problems: 20,
};
