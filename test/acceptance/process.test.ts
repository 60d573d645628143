/**
 * @file Flux in a separate process, through the built package: a second attach works, release returns the memory and the compiled files,
 * and an idle process exits.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { shippedPlan } from "../support/compiled.ts";
import { fixture } from "../support/fixtures.ts";
import { root } from "../structure/sources.ts";

const entry = (file: string): string => JSON.stringify(pathToFileURL(join(root, "dist", file)).href);

/** Lines that `body` prints, in a process in which Flux is compiled for two ranks; it must end by itself, with 0. */
function inProcess(body: string): readonly string[] {
  const script = `
    import { existsSync } from "node:fs";
    const { compilePlan } = await import(${entry("compiler/compile.js")});
    const { attach } = await import(${entry("runtime/attach/attach.js")});
    const { readNpz } = await import(${entry("ort/files/npz.js")});
    const read = await readNpz(${JSON.stringify(fixture("flux/flux.img67-txt13.inputs.npz"))});
    const feeds = Object.fromEntries(Object.entries(read.value).map(([n, { elem, ...r }]) => [n, { type: elem, ...r }]));
    const model = ${JSON.stringify(fixture("flux/flux.dynamo18-dynamic.onnx"))};
    const plan = ${JSON.stringify(shippedPlan("flux"))};
    const compile = async () => (await compilePlan({ model, plan })).program;
    const workers = () => process.report.getReport().workers.length;
    const sum = ({ sample }) => sample.data.reduce((a, b) => a + Math.abs(b), 0).toFixed(3);
    ${body}
  `;
  const args = ["--expose-gc", "--input-type=module", "-e", script];
  const ended = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8", timeout: 50_000 });
  expect(ended).toMatchObject({ status: 0, stderr: "" });
  return ended.stdout.trim().split("\n");
}

test("a session that is not released does not keep the process", () => {
  const [first, second, ...rest] = inProcess(`
    const session = await attach(await compile());
    console.log(sum(await session.run(feeds)));
    console.log(sum(await session.run(feeds)));`);
  expect(Number(first)).toBeGreaterThan(0);
  expect(second).toBe(first);
  expect(rest).toEqual([]);
});

test("a second attach works, alone and beside the first; release leaves threads to the next session and removes the compiled files", () => {
  const lines = inProcess(`
    const compiled = await compile();
    const [one, two] = [await attach(compiled), await attach(compiled)];
    const sums = [sum(await one.run(feeds)), sum(await two.run(feeds))];
    await one.release();
    sums.push(sum(await two.run(feeds)));
    console.log(new Set(sums).size, existsSync(compiled.folder));
    await two.release();
    const waiting = workers();
    console.log(waiting <= 4, existsSync(compiled.folder));
    const again = await attach(await compile());
    console.log(sum(await again.run(feeds)) === sums[0], workers() <= Math.max(2, waiting));
    await again.release();`);
  expect(lines).toEqual(["1 true", "true false", "true true"]);
});

test("release returns the memory", () => {
  const lines = inProcess(`
    for (let i = 0; i < 8; i++) {
      const session = await attach(await compile());
      await session.run(feeds);
      await session.release();
      gc();
      console.log(Math.round(process.memoryUsage.rss() / 2 ** 20));
    }`);
  const [, , third = 0, , , , , last = Infinity] = lines.map(Number);
  // Two ranks with their sessions are some 60 MiB; five more that stayed would show.
  expect(last - third).toBeLessThan(60);
});
