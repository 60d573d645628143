/**
 * @file The session of the process: attaches the program from a temporary folder, and tells right results from wrong ones. Knows no fault.
 */
import { cpSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { makeTemporaryFolder } from "../../compiler/temporary/folders.ts";
import { attachWithGrace } from "../../runtime/attach/attach.ts";
import type { AttachOptions } from "../../runtime/attach/attach.ts";
import type { RunOptions } from "../../runtime/caller/run-options.ts";
import type { Session } from "../../runtime/caller/session.ts";
import type { CompiledProgram } from "../../program/types.ts";
import type { Order } from "./order.ts";

/** How long a rank that does not answer is waited for. */
const GRACE_MS = 500;

/** Lengths `k` of the input `w`: it decides how long the piece works, and what it takes. */
export const WORK: {
  readonly short: number;
  readonly long: number;
  readonly noExchange: number;
  readonly noPiece: number;
} = {
  short: 8,
  long: 700,
  noExchange: 2_000,
  noPiece: 3_000_000,
};

export function attachAnew(
  { folder, backend }: Pick<Order, "folder" | "backend">,
  options: AttachOptions = {},
  graceMs: number = GRACE_MS,
): Promise<Session> {
  return attachWithGrace(copied(folder), { backend, ...options }, graceMs);
}

function copied(folder: string): CompiledProgram {
  const { files, ...program } = JSON.parse(readFileSync(resolve(folder, "program.json"), "utf8"));
  const own = makeTemporaryFolder();
  cpSync(folder, own, { recursive: true });
  const path = resolve(dirname(folder), "model.onnx");
  return { folder: own, temporary: true, program: { ...program, model: { ...program.model, path } }, files };
}

const ROWS = 7;
const WIDTH = 15;

/** Throws an `Error` unless the result is right to the last bit. */
export async function runRight(session: Session, work: number, options: RunOptions = {}): Promise<void> {
  const data = Float32Array.from({ length: ROWS * WIDTH }, (_, i) => i + Math.random());
  const x = { type: "float32", dims: [ROWS, 5, 3], data };
  const w = { type: "uint8", dims: [work, 1], data: new Uint8Array(work) };
  const { y } = await session.run({ x, w }, options);
  const found = y?.data as Float32Array | undefined;
  // Another rank than 0 has not seen the feeds: it knows them but for a fraction.
  const right = (value: number, i: number): boolean =>
    session.rank === 0 ? value === -data[i]! : -value >= i && -value <= i + 1;
  if (found?.length !== data.length || !found.every(right)) throw new Error("a wrong result");
}
