/**
 * @file What the prediction of memory takes as given, fitted to processes measured on Linux with Node 20 and ONNX Runtime 1.30. Knows no program.
 */
const MIB = 2 ** 20;

/** Node, this package and ONNX Runtime. */
export const PROCESS: number = 98 * MIB;

/** The thread of a rank, with its own JavaScript. */
export const RANK: number = 20 * MIB;

/** What the arena touches, compared with what lives at once: freed memory between values does not always fit the next. */
export const ARENA_FACTOR = 1.15;
