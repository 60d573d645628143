/**
 * @file Feeds from a file of tensors, with the built package.
 */
import { readNpz } from "../../../dist/ort/files/npz.js";

/** Feeds from a file of tensors. */
export async function feedsIn(path) {
  const read = await readNpz(path);
  return Object.fromEntries(
    Object.entries(read.value).map(([name, { elem, ...rest }]) => [name, { type: elem, ...rest }]),
  );
}
