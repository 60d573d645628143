/**
 * @file Compiled programs with a truncated, damaged or restructured file: refused before anything runs. Programs that were changed and
 * sealed again: refused, or run to outputs or diagnostics.
 */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { test } from "vitest";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import type { CompiledProgram, Program } from "../../program/types.ts";
import { sealedText } from "../../program/seal.ts";
import { attach } from "../../runtime/attach/attach.ts";
import { loadProgram } from "../../runtime/load/load.ts";
import type { TensorLike } from "../../runtime/tensor.ts";
import { feed, gatherProgram, hookProgram, ringProgram, ulyssesProgram } from "../runtime/support/programs.ts";
import { compiledFixture, shippedPlan } from "../support/compiled.ts";
import { meshes } from "../support/meshes.ts";
import { faultsOf } from "./answers.ts";
import { fuzz, TIMEOUT } from "./budget.ts";
import { change as structural, changed } from "./resealed.ts";
import type { Json } from "./resealed.ts";
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

/** What a program does that was sealed again after a change: it is refused, or its ranks start and end. */
async function run(folder: string, feeds: Readonly<Record<string, TensorLike>>): Promise<readonly string[]> {
  const loaded = await loadProgram(folder);
  const faults = faultsOf(loaded.ok, loaded.diagnostics, "CP50");
  if (!loaded.ok || faults.length > 0) return faults;
  // Ranks are threads, and this machine has a few cores.
  if (loaded.value.program.mesh.ring_degree * loaded.value.program.mesh.ulysses_degree > 4) return [];
  const session = await attach(loaded.value).catch(diagnosticsIn);
  if (!("run" in session)) return faultsOf(false, session);
  try {
    const answer = await session.run(feeds, { deadlineMs: 20_000 }).then(() => [], diagnosticsIn);
    return faultsOf(answer.length === 0, answer);
  } finally {
    await session.release();
  }
}

function diagnosticsIn(error: unknown): readonly Diagnostic[] {
  if (error instanceof ContextParallelError) return error.diagnostics;
  throw error;
}

const changes = fc.array(structural, { minLength: 1, maxLength: 3 });

test(
  "a program that was changed anywhere and sealed again is refused, or runs to an end",
  { timeout: TIMEOUT },
  async () => {
    const makers = [
      gatherProgram({ batch_degree: 1, ring_degree: 1, ulysses_degree: 2 }),
      ulyssesProgram(2),
      ringProgram(2),
      hookProgram({ batch_degree: 1, ring_degree: 2, ulysses_degree: 1 }),
    ];
    const inputs = fc.tuple(fc.nat(makers.length - 1), changes);
    await fuzz("resealed programs", inputs, { short: 200, long: 20_000 }, async ([which, list]) => {
      const { folder, program, files } = makers[which]!;
      const content = changed({ ...program, files } as unknown as Json, list) as unknown as Program &
        Pick<CompiledProgram, "files">;
      const { files: listed, ...rest } = content;
      writeFileSync(join(folder, "program.json"), sealedText(rest, listed));
      return run(folder, feed(7));
    });
  },
);
