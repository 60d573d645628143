/**
 * @file Puts square grey pictures side by side, enlarged, and encodes them as one PNG.
 */
import { encode } from "fast-png";

const SCALE = 8;
const GAP = 8;
const COLUMNS = 5;

/** A contact sheet of pictures of `size` x `size` values in [-1, 1], row by row, as PNG bytes. */
export function contactSheet(pictures: readonly Float32Array[], size: number): Uint8Array {
  const side = size * SCALE;
  const width = COLUMNS * (side + GAP) + GAP;
  const height = Math.ceil(pictures.length / COLUMNS) * (side + GAP) + GAP;
  const data = new Uint8Array(width * height).fill(255);
  for (const [i, picture] of pictures.entries()) {
    const left = GAP + (i % COLUMNS) * (side + GAP);
    const top = GAP + Math.floor(i / COLUMNS) * (side + GAP);
    for (let y = 0; y < side; y += 1) {
      for (let x = 0; x < side; x += 1) {
        data[(top + y) * width + left + x] = grey(
          sample(picture, size, (x + 0.5) / SCALE - 0.5, (y + 0.5) / SCALE - 0.5),
        );
      }
    }
  }
  return encode({ width, height, data, channels: 1, depth: 8 });
}

/** Bilinear: the picture's value between its pixels. */
function sample(picture: Float32Array, size: number, x: number, y: number): number {
  const clamp = (at: number): number => Math.min(size - 1, Math.max(0, at));
  const pixel = (column: number, row: number): number => picture[clamp(row) * size + clamp(column)] ?? 0;
  const column = Math.floor(x);
  const row = Math.floor(y);
  const across = (at: number): number => mix(pixel(column, at), pixel(column + 1, at), x - column);
  return mix(across(row), across(row + 1), y - row);
}

function mix(a: number, b: number, part: number): number {
  return a + (b - a) * part;
}

/** -1 is black, 1 is white. */
function grey(value: number): number {
  return Math.min(255, Math.max(0, Math.round((value + 1) * 127.5)));
}
