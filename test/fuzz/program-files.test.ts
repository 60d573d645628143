/**
 * @file Compiled programs with a file that is cut, damaged or of another shape: refused before anything runs.
 */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { test } from "vitest";
import type { CompiledProgram } from "../../program/types.ts";
import { loadProgram } from "../../runtime/load/load.ts";
import { compiledFixture, shippedPlan } from "../support/compiled.ts";
import { meshes } from "../support/meshes.ts";
import { faultsOf } from "./answers.ts";
import { fuzz, TIMEOUT } from "./budget.ts";
import { oddNames } from "./words.ts";

const compiled = (): Promise<CompiledProgram> =>
  compiledFixture("minimax_h3/minimax_h3.dynamo23-dynamic.onnx", shippedPlan("minimax_h3"), meshes["ulysses 2"]);

/** `accepted`: the program may be read, if nothing of it has changed. */
async function answer(folder: string, accepted: boolean): Promise<readonly string[]> {
  const { ok, diagnostics } = await loadProgram(folder);
  const faults = faultsOf(ok, diagnostics, "CP50");
  return ok && !accepted ? [...faults, "accepts a changed program"] : faults;
}

const change = fc.tuple(fc.nat(), fc.nat(255));

test("a program with a damaged file is refused", { timeout: TIMEOUT }, async () => {
  const { folder } = await compiled();
  const files = ["program.json", ...readdirSync(join(folder, "pieces")).map((name) => `pieces/${name}`)];
  const inputs = fc.tuple(fc.nat(), fc.array(change, { maxLength: 4 }), fc.option(fc.nat(), { freq: 2 }));
  await fuzz("damaged programs", inputs, { short: 60, long: 5000 }, async ([which, changes, end]) => {
    // Half of the damage goes to the program itself.
    const file = join(folder, which % 2 === 0 ? files[0]! : files[which % files.length]!);
    const whole = readFileSync(file);
    const bytes = Uint8Array.from(whole.subarray(0, end === null ? whole.length : end % (whole.length + 1)));
    for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte;
    writeFileSync(file, bytes);
    try {
      return await answer(folder, whole.equals(bytes));
    } finally {
      writeFileSync(file, whole);
    }
  });
});

test("a document of any shape is answered", { timeout: TIMEOUT }, async () => {
  const { folder, program } = await compiled();
  const file = join(folder, "program.json");
  const fields = fc.constantFrom(...Object.keys(program), "files", "checksum", ...oddNames);
  const edits = fc.dictionary(fields, fc.jsonValue(), { minKeys: 1, maxKeys: 3 });
  await fuzz("documents", fc.tuple(edits, fc.boolean()), { short: 200, long: 20_000 }, async ([edit, alone]) => {
    writeFileSync(file, JSON.stringify(alone ? edit : { ...program, ...edit }));
    return answer(folder, false);
  });
});
