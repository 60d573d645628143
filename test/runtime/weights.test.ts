/**
 * @file Weights that change while a session holds them: a run returns what the model gives with the weights that were checked, or an error.
 */
import { closeSync, openSync, renameSync, rmSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import type { CompiledProgram } from "../../program/types.ts";
import { attach } from "../../runtime/attach/attach.ts";
import { weightFilesOf } from "../../runtime/load/weight-files.ts";
import { feed } from "./support/programs.ts";
import { externalProgram } from "./support/special.ts";

type Place = "model" | "program";

/** The program and its file of weights: every number is 100. */
function made(place: Place): { readonly compiled: CompiledProgram; readonly file: string; readonly bytes: number } {
  const compiled = externalProgram(place);
  const file = join(place === "model" ? dirname(compiled.folder) : compiled.folder, "weights.bin");
  return { compiled, file, bytes: 60 };
}

/** Other numbers in the same file. */
function rewrite(file: string, bytes: number): void {
  const handle = openSync(file, "r+");
  writeSync(handle, Buffer.alloc(bytes, 1));
  closeSync(handle);
}

function replace(file: string, bytes: number): void {
  writeFileSync(`${file}.new`, Buffer.alloc(bytes, 1));
  renameSync(`${file}.new`, file);
}

const expected = Array.from(feed(4)["x"]!.data as Float32Array, (x) => x + 100);

describe.each([
  ["model", "native"],
  ["model", "binding"],
  ["program", "native"],
  ["program", "binding"],
] as const)("weights of the %s, %s", (place, backend) => {
  test("a file that is rewritten or cut ends all runs, one that is replaced or removed none", async () => {
    const { compiled, file, bytes } = made(place);
    const session = await attach(compiled, { backend });
    const run = async (): Promise<readonly number[] | string> =>
      session.run(feed(4)).then(
        ({ y }) => Array.from(y!.data as Float32Array),
        (error: unknown) => (error as Error).message,
      );
    expect(await run()).toEqual(expected);
    replace(file, bytes);
    expect(await run()).toEqual(expected);
    rmSync(file);
    expect(await run()).toEqual(expected);
    await session.release();

    const other = made(place);
    const second = await attach(other.compiled, { backend });
    rewrite(other.file, bytes);
    await expect(second.run(feed(4))).rejects.toThrow(`CP6524: ${other.file} was written to after it was checked`);
    truncateSync(other.file, 0);
    await expect(second.run(feed(4))).rejects.toThrow(
      `CP6524: ${other.file} has 0 bytes; it had 60 when it was checked`,
    );
    await second.release();
  });
});

test("a result of a run during which weights were rewritten is withheld", async () => {
  const { compiled, file, bytes } = made("model");
  const session = await attach(compiled);
  const run = session.run(feed(4), { onProgress: () => rewrite(file, bytes) });
  await expect(run).rejects.toThrow(`CP6524: ${file} was written to after it was checked`);
  expect(session.lastRun).toBeNull();
  await session.release();
});

test("attach refuses weights that were exchanged between the check and the load", async () => {
  const { compiled, file, bytes } = made("model");
  let reads = 0;
  const exchanged = {
    ...compiled,
    // The check of files reads it second, the engine third.
    get files() {
      if (++reads === 3) replace(file, bytes);
      return compiled.files;
    },
  };
  await expect(attach(exchanged)).rejects.toThrow(`CP6524: ${file} was replaced or removed after it was checked`);
});

test("only files that pieces read are looked at", async () => {
  const { compiled, file, bytes } = made("program");
  const none = compiled.program.pieces.map((piece) => ({ ...piece, weights: null }));
  const unread = await weightFilesOf({ ...compiled, program: { ...compiled.program, pieces: none } });
  const read = await weightFilesOf(compiled);
  rewrite(file, bytes);
  expect([unread.inUse(), unread.beforeUse()]).toEqual([[], []]);
  expect([read.inUse(), read.beforeUse()]).toMatchObject([[{ code: "CP6524" }], [{ code: "CP6524" }]]);
});
