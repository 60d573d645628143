/**
 * @file Inputs of the digit model other than the picture: the label as fixed random tables, and the position of each token.
 */
import { readNpz } from "../ort/files/npz.ts";
import type { OrtTensor, OrtTensors } from "../ort/types.ts";

/** Pixels along one side of a picture; every pixel is a token. */
export const SIDE = 16;
const TEXT_TOKENS = 8;
/** Row of the tables that means "any digit". */
const NO_LABEL = 10;

/** Feeds that are the same in all steps, for a batch with every digit twice: first without its label, then with it. */
export async function fixedFeeds(file: string, digits: readonly number[]): Promise<OrtTensors> {
  const tables = await readNpz(file);
  if (!tables.ok) throw new Error(tables.diagnostics[0]?.message ?? file);
  const labels = [...digits.map(() => NO_LABEL), ...digits];
  return {
    encoder_hidden_states: rows(tables.value["tokens"], labels),
    pooled_projections: rows(tables.value["pooled"], labels),
    img_ids: floats([SIDE * SIDE, 3], (i) => [0, Math.floor(i / 3 / SIDE), Math.floor(i / 3) % SIDE][i % 3] ?? 0),
    txt_ids: floats([TEXT_TOKENS, 3], () => 0),
  };
}

/** A float32 tensor whose element `i` is `value(i)`. */
export function floats(dims: readonly number[], value: (i: number) => number): OrtTensor {
  const length = dims.reduce((a, b) => a * b, 1);
  return { elem: "float32", dims, data: Float32Array.from({ length }, (_, i) => value(i)) };
}

/** The rows of a table that `labels` name, one below the other. */
function rows(table: OrtTensor | undefined, labels: readonly number[]): OrtTensor {
  if (table === undefined) throw new Error("a conditioning table is missing");
  const { dims, data } = table;
  const size = dims.slice(1).reduce((a, b) => a * b, 1);
  const cell = (i: number): number => Number(data[labels[Math.floor(i / size)]! * size + (i % size)]);
  return floats([labels.length, ...dims.slice(1)], cell);
}
