/**
 * @file What the scripts of the test jobs have in common: the built package, this process's rank, and the file with what the rank has found.
 * The first argument of each script is the folder of the job.
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const api = await import("../../../dist/index.js");

export const folder = process.argv[2];
export const rank = Number(process.env.OMPI_COMM_WORLD_RANK ?? process.env.PMI_RANK);
export const order = JSON.parse(readFileSync(join(folder, "order.json"), "utf8"));

/** Leaves the rank's findings for the test. */
export function found(value) {
  writeFileSync(join(folder, `rank${rank}.json`), JSON.stringify(value));
}

/** The program in a folder. */
export async function programIn(path) {
  const loaded = await api.loadProgram(path);
  if (!loaded.ok) throw new api.ContextParallelError(loaded.diagnostics);
  return loaded.value;
}

/** One hash for the bits of all outputs. */
export function hashOf(outputs) {
  const hash = createHash("sha256");
  for (const [name, { type, dims, data }] of Object.entries(outputs).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(JSON.stringify([name, type, dims]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest("hex");
}

/** What a call fails with, as codes and messages. */
export async function failure(work) {
  try {
    await work();
    return null;
  } catch (error) {
    return error.diagnostics?.map(({ code, message }) => `${code} ${message}`) ?? [String(error)];
  }
}
