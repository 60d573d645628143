/**
 * @file Arguments of wrong types, which JavaScript permits: one error with a code for each, and never another exception, an unhandled
 * rejection, or the end of the process.
 */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { applyContextParallel } from "../../index.ts";
import { attach } from "../../runtime/attach/attach.ts";
import type { Session } from "../../runtime/caller/session.ts";
import { failure } from "./support/failure.ts";
import { moduleUrl } from "./support/handlers.ts";
import { feed, hookProgram } from "./support/programs.ts";

const mesh = { batch_degree: 1, ring_degree: 1, ulysses_degree: 2 };
const compiled = hookProgram(mesh);
const negated = feed(7).x.data.map((v) => -v);
const url = moduleUrl("() => {}");
const unhandled: unknown[] = [];
const note = (error: unknown): void => void unhandled.push(error);
let session: Session;

/** What TypeScript would refuse. */
type Anything = (...args: readonly unknown[]) => Promise<unknown>;
const call = (path: "attach" | "run" | "register", ...args: readonly unknown[]): Promise<unknown> => {
  const functions = { attach, run: session.run, register: session.hooks.register };
  return (functions[path] as unknown as Anything)(...args);
};

beforeAll(async () => {
  process.on("unhandledRejection", note);
  session = await attach(compiled);
});
afterEach(() => {
  const [first] = unhandled.splice(0);
  if (first !== undefined) throw new Error(`nobody handles ${String(first)}`);
});
afterAll(async () => {
  await session.release();
  process.off("unhandledRejection", note);
});

const deadlines = [NaN, null, -1, 0, "5", -Infinity, 5n, {}] as const;
const signals = [{}, null, 5, "abort", { aborted: false }, { aborted: 0, addEventListener: () => {} }] as const;

test.each(deadlines)("the deadline %o is refused everywhere", async (deadlineMs) => {
  const options = { deadlineMs };
  for (const wrong of [
    call("run", feed(7), options),
    call("run", feed(7), ["y"], options),
    call("register", "block", "post_forward", url, options),
    call("attach", compiled, options),
  ]) {
    expect((await failure(wrong)).message).toMatch(
      /^CP6520: deadlineMs of (run|attach|hooks\.register) is .+; it must be a number of milliseconds above 0$/,
    );
  }
});

test.each([undefined, Infinity, 1e12])("the deadline %o is none", async (deadlineMs) => {
  expect((await session.run(feed(7), { deadlineMs })).y!.data).toEqual(negated);
});

test.each(signals)("the signal %o is refused, and nothing comes of it later", async (signal) => {
  const options = { signal, deadlineMs: 20 };
  expect((await failure(call("run", feed(7), options))).message).toContain("CP6520: signal of run is ");
  const registering = call("register", "block", "post_forward", url, options);
  expect((await failure(registering)).message).toContain("CP6520: signal of hooks.register is ");
  await new Promise((done) => setTimeout(done, 60));
});

test("a signal of another realm is taken by what it can do", async () => {
  const { signal } = new AbortController();
  const alike = {
    aborted: false,
    addEventListener: signal.addEventListener.bind(signal),
    removeEventListener: signal.removeEventListener.bind(signal),
  };
  expect(await call("run", feed(7), { signal: alike })).toHaveProperty("y");
});

test.each([
  ["onProgress of run is 5; it must be a function", [feed(7), { onProgress: 5 }]],
  ["the second argument of run is 5; it must be a list of names of outputs", [feed(7), 5]],
  ['the second argument of run is "y"', [feed(7), "y"]],
  ["the second argument of run is an array", [feed(7), [1]]],
  ["options of run is 5; it must be an object", [feed(7), ["y"], 5]],
  ['the fetch "y" of run is 5; it must be a tensor with type, dims and data, or null', [feed(7), { y: 5 }]],
  ['the fetch "y" of run is an object', [feed(7), { y: { type: "float32", dims: [NaN], data: new Float32Array(1) } }]],
  ['CP6010: the model has no output "z"', [feed(7), ["z"]]],
  ["CP6012: the feeds are null, not an object", [null]],
  ["CP6012: the feeds are undefined", []],
  ["CP6012: the feeds are an array", [[feed(7).x]]],
  ['CP6002: the feed of "x" is null', [{ x: null }]],
])("run: %s", async (message, args) => {
  expect((await failure(call("run", ...args))).message).toContain(message);
});

test.each([
  ["module of hooks.register is 5; it must be a name", [5, "post_forward", url]],
  ["phase of hooks.register is null", ["block", null, url]],
  ["handler of hooks.register is a function; it must be an absolute URL", ["block", "post_forward", () => {}]],
  ["handler of hooks.register is an object", ["block", "post_forward", Object.create(null)]],
  ["options of hooks.register is 5", ["block", "post_forward", url, 5]],
  ['CP6512: the program was not compiled with hooks at module "block", forward', ["block", "forward", url]],
])("hooks.register: %s", async (message, args) => {
  expect((await failure(call("register", ...args))).message).toContain(message);
});

test.each([
  ["the first argument of attach is undefined; it must be the program of a successful result", [undefined]],
  ["the first argument of attach is a result of compilePlan or loadProgram", [{ ok: true, program: compiled }]],
  ["the first argument of attach is a result of compilePlan or loadProgram", [{ ok: true, value: compiled }]],
  ["CP5002", [{ ...compiled, program: {} }]],
  ["options of attach is null", [compiled, null]],
  ['devices of attach is "cpu"; it must be a list of names such as "cpu"', [compiled, { devices: "cpu" }]],
  ["devices of attach is an array", [compiled, { devices: ["cpu", 1] }]],
  ["backend of attach is a symbol", [compiled, { backend: Symbol("binding") }]],
])("attach: %s", async (message, args) => {
  expect((await failure(call("attach", ...args))).message).toContain(message);
});

test("applyContextParallel refuses wrong options before it compiles", async () => {
  const wrong = applyContextParallel("no.onnx", {}, {}, { deadlineMs: NaN });
  expect((await failure(wrong)).message).toContain("deadlineMs of attach is NaN");
});

test("an onProgress that rejects ends the run with that", async () => {
  const mine = new TypeError("mine");
  await expect(session.run(feed(7), { onProgress: () => Promise.reject(mine) })).rejects.toBe(mine);
  expect((await session.run(feed(7))).y!.data).toEqual(negated);
});

test("a buffer transferred while its run waits is named, not taken for a lack of memory", async () => {
  const { x } = feed(7);
  const before = session.run(feed(7));
  const queued = failure(session.run({ x }));
  structuredClone(x.data.buffer, { transfer: [x.data.buffer] });
  expect((await queued).message).toBe(
    'CP6013: the data of "x" is no longer available: its ArrayBuffer was transferred or resized',
  );
  expect((await before).y!.data).toEqual(negated);
});

test("a fetched tensor whose buffer was transferred is named", async () => {
  const { x } = feed(7);
  structuredClone(x.data.buffer, { transfer: [x.data.buffer] });
  expect((await failure(session.run(feed(7), { y: x }))).message).toContain(
    'CP6013: the data of "y" is no longer available',
  );
});

test("a released session refuses all calls but release", async () => {
  const other = await attach(compiled);
  const remove = await other.hooks.register("block", "post_forward", url);
  await Promise.all([other.release(), other.release()]);
  await other.release();
  await remove();
  expect((await failure(other.run(feed(7)))).code).toBe("CP6510");
  expect((await failure(other.hooks.register("block", "post_forward", url))).code).toBe("CP6510");
});
