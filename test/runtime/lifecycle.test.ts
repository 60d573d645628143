/**
 * @file Cleanup: an idle process exits; memory, workers and temporary folders are gone after release. Checks from outside run in a separate
 * process.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import type { CompiledProgram } from "../../program/types.ts";
import { attach } from "../../runtime/attach/attach.ts";
import { root } from "../structure/sources.ts";
import { graph, node, value, writeProgram } from "./support/models.ts";
import { feed, gatherProgram, hookProgram, runningSum, ulyssesProgram } from "./support/programs.ts";
import { burdenedProgram, heavyProgram, slowProgram } from "./support/special.ts";

const entry = pathToFileURL(join(root, "dist/runtime/attach/attach.js")).href;

/** Runs `body` with `attach` and `compiled` in a new process; the end of the process is part of what is tested. */
function inProcess(
  compiled: CompiledProgram,
  body: string,
): { readonly code: number | null; readonly lines: readonly string[] } {
  const script = `
    import { readFileSync } from "node:fs";
    const { attach, attachWithGrace } = await import(${JSON.stringify(entry)});
    const folder = ${JSON.stringify(compiled.folder)};
    const { files, ...program } = JSON.parse(readFileSync(folder + "/program.json", "utf8"));
    const compiled = { folder, temporary: false, program, files };
    const workers = () => process.report.getReport().workers.length;
    ${body}
  `;
  const args = ["--expose-gc", "--input-type=module", "-e", script];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: "utf8",
    timeout: 50_000,
  });
  expect(stderr).toBe("");
  return { code: status, lines: stdout.trim().split("\n") };
}

const rows = `const feeds = { x: { type: "float32", dims: [4, 5, 3], data: new Float32Array(60).fill(2) } };`;

test("a rank whose thread cannot be made, since the terminal is gone", async () => {
  const stdout = Object.getOwnPropertyDescriptor(process, "stdout")!;
  let looks = 0;
  const get = (): NodeJS.WriteStream => {
    looks += 1;
    if (looks > 1) throw new Error("TTY initialization failed");
    return stdout.get!.call(process) as NodeJS.WriteStream;
  };
  Object.defineProperty(process, "stdout", { ...stdout, get });
  try {
    const starting = attach(gatherProgram({ batch_degree: 1, ring_degree: 1, ulysses_degree: 2 }));
    await expect(starting).rejects.toMatchObject({ code: "CP6502", message: expect.stringContaining("TTY") });
  } finally {
    Object.defineProperty(process, "stdout", stdout);
  }
});

test("a process that does not release its session exits all the same", () => {
  const body = `${rows}
    const session = await attach(compiled);
    console.log((await session.run(feeds)).y.data[0], workers());`;
  expect(inProcess(gatherProgram({ batch_degree: 1, ring_degree: 1, ulysses_degree: 3 }), body)).toEqual({
    code: 0,
    lines: ["-2 3"],
  });
});

test("release ends the workers, or has those of the native backend wait; a second attach works", () => {
  const body = `${rows}
    for (const backend of ["binding", "native", "native"]) {
      const session = await attach(compiled, { backend });
      const before = workers();
      console.log((await session.run(feeds)).y.data[59]);
      await session.release();
      console.log(before, workers());
    }`;
  const { code, lines } = inProcess(ulyssesProgram(2), body);
  expect({ code, lines }).toEqual({ code: 0, lines: ["8", "2 0", "8", "2 2", "8", "2 2"] });
});

test("a thread waits for another session only if nothing has gone wrong, no handler was loaded, and the environment is the same", () => {
  const hooked = hookProgram({ batch_degree: 1, ring_degree: 1, ulysses_degree: 2 });
  const body = `${rows}
    Object.assign(compiled.program, ${JSON.stringify(hooked.program)});
    const options = { backend: "native" };
    const after = async (work) => {
      const session = await attach(compiled, options);
      await work(session);
      await session.release();
      const left = workers();
      const next = await attach(compiled, options);
      const y = (await next.run(feeds)).y.data[0];
      console.log(left, workers(), y);
      await next.release();
    };
    await after(() => undefined);
    await after((session) => session.hooks.register("block", "post_forward", "data:text/javascript,export default () => {}"));
    await after((session) => session.run(feeds, { onProgress: () => { throw new Error("boom"); } }).catch(() => undefined));
    process.env.CHANGED = "yes";
    await after(() => undefined);`;
  // With another environment there are the two threads of before, which wait on.
  const lines = ["2 2 -2", "0 2 -2", "0 2 -2", "4 4 -2"];
  expect(inProcess(hooked, body)).toEqual({
    code: 0,
    lines,
  });
});

test("threads that wait are at most sixteen, or as many as there are cores", () => {
  const body = `
    const sessions = [];
    for (let i = 0; i < 9; i++) sessions.push(await attach(compiled, { backend: "native" }));
    console.log(workers());
    await Promise.all(sessions.map((session) => session.release()));
    console.log(workers());`;
  const waiting = Math.min(18, Math.max(16, availableParallelism()));
  expect(inProcess(ulyssesProgram(2), body)).toEqual({ code: 0, lines: ["18", String(waiting)] });
});

test("threads that wait hold no memory of a session", () => {
  const mebibytes = 64;
  const body = `
    const rss = async () => {
      // What V8 has collected, it may free a moment later.
      for (let i = 0; i < 3; i++) await new Promise((done) => (gc(), setTimeout(done, 30)));
      return Math.round(process.memoryUsage.rss() / 2 ** 20);
    };
    const feedsOf = (rows) => ({ x: { type: "float32", dims: [rows, 5, 3], data: new Float32Array(rows * 15).fill(1) } });
    for (const rows of [4, ${Math.ceil((mebibytes * 2 ** 18) / 15)}]) {
      const session = await attach(compiled, { backend: "native" });
      await session.run(feedsOf(rows));
      console.log(await rss());
      await session.release();
      console.log(await rss());
    }
    console.log(workers());`;
  const { code, lines } = inProcess(gatherProgram({ batch_degree: 1, ring_degree: 1, ulysses_degree: 2 }), body);
  expect(code).toBe(0);
  const [, before, during, after, waiting] = lines.map(Number);
  expect(waiting).toBe(2);
  expect(during! - before!).toBeGreaterThan(4 * mebibytes);
  // The caller's last feeds or outputs, whichever backend computed them.
  expect(after! - before!).toBeLessThan(1.5 * mebibytes);
});

test("sessions one after the other map no further memory", () => {
  const body = `${rows}
    const maps = () => readFileSync("/proc/self/maps", "utf8").split("\\n").length;
    for (let i = 1; i <= 24; i++) {
      const session = await attach(compiled, { backend: "native" });
      await session.run(feeds);
      await session.release();
      if (i % 12 === 0) console.log(maps());
    }`;
  const { code, lines } = inProcess(ulyssesProgram(2), body);
  expect(code).toBe(0);
  const [middle, last] = lines.map(Number);
  // Threads that were started anew would leave six each time, and 300 KiB in them.
  expect(last! - middle!).toBeLessThan(24);
});

test("an attach that fails leaves no worker", () => {
  const unknown = graph([value("x", ["n"])], [value("y", ["n"])], [node("NoSuchOperator", ["x"], ["y"])]);
  const mesh = { batch_degree: 1, ring_degree: 1, ulysses_degree: 2 };
  const body = `
    await attach(compiled, { backend: "binding" }).catch((error) => console.log(error.code));
    console.log(workers());`;
  const compiled = writeProgram({ mesh, steps: [] }, [{ id: "a", graph: unknown }]);
  expect(inProcess(compiled, body)).toEqual({ code: 0, lines: ["CP6503", "0"] });
});

test("a process that ends while a rank is inside native code ends well", () => {
  const body = `
    const session = await attach(compiled);
    const feeds = { x: { type: "float32", dims: [1, 1], data: Float32Array.of(1e-3) } };
    await session.run(feeds, { deadlineMs: 30 }).catch((error) => console.log(error.code));`;
  expect(inProcess(slowProgram(), body)).toEqual({ code: 0, lines: ["CP6508"] });
});

test("a session in a worker thread runs on the native backend; the thread may end before its session", () => {
  const body = `
    const { Worker } = await import("node:worker_threads");
    const source = (end) => \`
      import { parentPort } from "node:worker_threads";
      import { attach } from ${JSON.stringify(entry)};
      const session = await attach(${JSON.stringify(ulyssesProgram(2))}, { backend: "native" });
      const x = { type: "float32", dims: [4, 5, 3], data: new Float32Array(60).fill(2) };
      console.log((await session.run({ x })).y.data[59]);
      \${end}\`;
    // Both threads have sessions of the same library; what one returns, the other may still use.
    const { x } = { x: { type: "float32", dims: [4, 5, 3], data: new Float32Array(60).fill(2) } };
    const session = await attach(compiled, { backend: "native" });
    for (const end of ["await session.release();", "", "process.exit(0);"]) {
      const worker = new Worker(new URL("data:text/javascript," + encodeURIComponent(source(end))));
      console.log(await new Promise((resolve) => worker.on("exit", resolve)));
      console.log((await session.run({ x })).y.data[59]);
    }
    await session.release();
    const next = await attach(compiled, { backend: "native" });
    console.log((await next.run({ x })).y.data[59]);
    await next.release();`;
  const { code, lines } = inProcess(ulyssesProgram(2), body);
  expect({ code, lines }).toEqual({ code: 0, lines: ["8", "0", "8", "8", "0", "8", "8", "0", "8", "8"] });
});

test("release returns the memory of the sessions", () => {
  const mebibytes = 32;
  const body = `
    const feeds = { x: { type: "float32", dims: [1, 1], data: new Float32Array(1) } };
    for (let i = 0; i < 6; i++) {
      const session = await attach(compiled);
      await session.run(feeds);
      await session.release();
      gc();
      console.log(Math.round(process.memoryUsage.rss() / 2 ** 20));
    }`;
  const { code, lines } = inProcess(heavyProgram(2, mebibytes * 2 ** 20), body);
  expect(code).toBe(0);
  const [, second, , , , last] = lines.map(Number);
  // Four more sessions on two ranks hold 256 MiB of weights; what stays is noise of the allocator, which has an arena for each loading thread.
  expect(last! - second!).toBeLessThan(3 * mebibytes);
});

test("a rank that is given up in the middle of a run leaves no memory of the library behind", () => {
  const mebibytes = 64;
  const body = `
    const feeds = { x: { type: "float32", dims: [1], data: Float32Array.of(1) } };
    const stuck = "data:text/javascript," + encodeURIComponent("export default () => { while (true); }");
    for (let i = 0; i < 4; i++) {
      const session = await attachWithGrace(compiled, { backend: "native" }, 100);
      await session.hooks.register("block", "post_forward", stuck);
      await session.run(feeds, { deadlineMs: 500 }).catch(() => undefined);
      await session.release();
      console.log(Math.round(process.memoryUsage.rss() / 2 ** 20));
    }`;
  const { code, lines } = inProcess(burdenedProgram(mebibytes * 2 ** 20), body);
  expect(code).toBe(0);
  const [first, , , last] = lines.map(Number);
  // Two ranks hold 128 MiB each time.
  expect(last! - first!).toBeLessThan(mebibytes);
});

test("the last of a temporary program's sessions removes its folder", async () => {
  const compiled = { ...ulyssesProgram(2), temporary: true };
  const [first, second] = [await attach(compiled), await attach(compiled)];
  await first.release();
  expect(existsSync(compiled.folder)).toBe(true);
  expect((await second.run(feed(4))).y!.data).toEqual(runningSum(4));
  await second.release();
  expect(existsSync(compiled.folder)).toBe(false);
});
