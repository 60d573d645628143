/**
 * @file The predicted memory against that of a process which runs the program.
 */
import { writeFileSync } from "node:fs";
import { platform } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compileStages } from "../../compiler/compile.ts";
import { writeProgram } from "../../compiler/lower/write.ts";
import { memoryOf } from "../../memory/memory.ts";
import { temporaryFolder } from "../support/files.ts";
import { measuredMemory } from "./support/measure.ts";
import { plan, transformer } from "./support/model.ts";

const meshes = [
  ["ulysses", { ulysses_degree: 2 }, "float32"],
  ["a rotating ring", { ring_degree: 2, rotate_method: "alltoall" }, "float32"],
  ["ulysses", { ulysses_degree: 2 }, "float16"],
] as const;

test.runIf(platform() === "linux").each(meshes)(
  "two ranks of %s, %j, %s: what is predicted, within 15 in a hundred",
  async (_, parallel, elem) => {
    const tokens = 3072;
    const folder = await temporaryFolder();
    const model = join(folder, "model.onnx");
    writeFileSync(model, transformer(1, elem));
    const { stages, diagnostics } = await compileStages({ model, plan, parallel });
    if (stages.lowered === undefined) throw new Error(JSON.stringify(diagnostics));
    const program = join(folder, "program");
    await writeProgram(stages.lowered, program);
    const predicted = memoryOf(stages.lowered.program, stages.lowered.graphs, { tokens });
    const measured = measuredMemory(program, tokens, elem);
    expect(predicted.unsized).toEqual([]);
    expect(predicted.process.total / measured).toBeGreaterThan(0.85);
    expect(predicted.process.total / measured).toBeLessThan(1.15);
  },
);
