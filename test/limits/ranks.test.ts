/**
 * @file Compiling for the maximum number of ranks takes seconds. Runs in a process without stage verifiers, which would visit every rank.
 */
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { limits } from "../../compiler/limits/limits.ts";

/** Seconds of the processor to compile for that mesh, and the number of ranks that the program has. */
function compile(name: string, file: string, parallel: object): { readonly seconds: number; readonly ranks: number } {
  const options = { model: `test/fixtures/${name}/${file}`, plan: `plans/${name}.plan.json`, parallel };
  const script = `
    import { compileStages } from "./dist/compiler/compile.js";
    const { stages } = await compileStages(${JSON.stringify(options)});
    const { ring_degree, ulysses_degree } = stages.lowered.program.mesh;
    const { user, system } = process.cpuUsage();
    console.log(JSON.stringify({ seconds: (user + system) / 1e6, ranks: ring_degree * ulysses_degree }));`;
  const said = execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  return JSON.parse(said) as { seconds: number; ranks: number };
}

test.each([
  ["flux", "flux.dynamo18-dynamic.onnx", { batch_degree: 1, ring_degree: 256, ulysses_degree: 4 }],
  ["helios", "helios.dynamo18-dynamic.onnx", { batch_degree: 1, ring_degree: 1024 }],
])("%s, %s, %j", { timeout: 120_000 }, (name, file, parallel) => {
  const { seconds, ranks } = compile(name, file, parallel);
  expect(ranks).toBe(limits.ranks.most);
  expect(seconds).toBeLessThan(12);
});
