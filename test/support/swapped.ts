/**
 * @file A compiled program whose outputs are wrong. Knows no command.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sealedText, unseal } from "../../program/seal.ts";
import type { Program } from "../../program/types.ts";

/** Gathers the parts of an output in the wrong order, as a wrong compiler would, in the program of a folder. */
export async function swapGather(folder: string): Promise<void> {
  const file = join(folder, "program.json");
  const { program, files } = unseal(JSON.parse(await readFile(file, "utf8")));
  await writeFile(file, sealedText(withSwappedGather(program), files));
}

function withSwappedGather(program: Program): Program {
  const gather = program.steps.findLast((step) => step.kind === "collective");
  const steps = program.steps.map((step) => {
    if (step !== gather || step.kind !== "collective") return step;
    return { ...step, transfers: step.transfers.map((t) => ({ ...t, receive: t.receive.toReversed() })) };
  });
  return { ...program, steps };
}
