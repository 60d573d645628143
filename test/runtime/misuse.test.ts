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

/** Of a later standard than the one that this project is written for. */
const Resizable = ArrayBuffer as unknown as new (
  bytes: number,
  options: { readonly maxByteLength: number },
) => ArrayBuffer & { readonly resize: (bytes: number) => void };

/** An object whose every use throws. */
function revoked<T extends object>(target: T): T {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}
const throwing = (key: string): object =>
  Object.defineProperty({}, key, {
    enumerable: true,
    get: () => {
      throw new Error("mine");
    },
  });
const { x } = feed(7);

test.each([
  ["feeds revoked", "run", [revoked({})]],
  ["feeds with a getter", "run", [throwing("x")]],
  ["a feed revoked", "run", [{ x: revoked({}) }]],
  ["a feed with a getter", "run", [{ x: Object.assign(throwing("dims"), { type: "float32", data: x.data }) }]],
  ["dims revoked", "run", [{ x: { ...x, dims: revoked([7, 5, 3]) } }]],
  ["data revoked", "run", [{ x: { ...x, data: revoked(x.data) } }]],
  ["data as a proxy", "run", [{ x: { ...x, data: new Proxy(x.data, {}) } }]],
  ["fetches revoked", "run", [feed(7), revoked({})]],
  ["a fetch with a getter", "run", [feed(7), throwing("y")]],
  ["options revoked", "run", [feed(7), ["y"], revoked({})]],
  ["options with a getter", "run", [feed(7), ["y"], throwing("deadlineMs")]],
  ["a signal revoked", "run", [feed(7), { signal: revoked({}) }]],
  ["a program revoked", "attach", [revoked({})]],
  ["a program with a getter", "attach", [{ ...compiled, program: throwing("format") }]],
  ["options revoked", "attach", [compiled, revoked({})]],
  ["devices revoked", "attach", [compiled, { devices: revoked([]) }]],
  ["options with a getter", "register", ["block", "post_forward", url, throwing("signal")]],
  ["a handler revoked", "register", ["block", "post_forward", revoked({})]],
] as const)("%s of %s: an error with a code", async (_, name, args) => {
  expect((await failure(call(name, ...args))).code).toMatch(/^CP(6\d{3}|50\d\d)$/);
  expect((await session.run(feed(7))).y!.data).toEqual(negated);
});

test("a feed that changes between two looks is taken as it was at the first, or refused", async () => {
  const lie = <T extends object>(of: T, key: keyof T, later: unknown): T => {
    let looks = 0;
    return new Proxy(of, { get: (target, name) => (name === key && looks++ > 0 ? later : Reflect.get(target, name)) });
  };
  expect((await session.run({ x: { ...x, dims: lie([7, 5, 3], 0, 70) } })).y!.data).toEqual(negated);
  expect((await session.run({ x: lie({ ...x }, "dims", [70, 5, 3]) })).y!.data).toEqual(negated);
  const odd = (key: string, value: number): Float32Array => Object.defineProperty(x.data.slice(), key, { value });
  for (const data of [odd("byteLength", 8), odd("byteOffset", 4), odd("BYTES_PER_ELEMENT", 8)]) {
    expect((await failure(session.run({ x: { ...x, data } }))).code).toMatch(/^CP60\d\d$/);
  }
});

test("data in a buffer that grows, shrinks or is shared", async () => {
  const buffer = new Resizable(x.data.byteLength, { maxByteLength: 2 * x.data.byteLength });
  const data = new Float32Array(buffer);
  data.set(x.data);
  const other = new Float32Array(new SharedArrayBuffer(x.data.byteLength));
  other.set(x.data);
  expect((await session.run({ x: { ...x, data: other } })).y!.data).toEqual(negated);
  const running = session.run({ x: { ...x, data } });
  expect((await running).y!.data).toEqual(negated);
  buffer.resize(2 * x.data.byteLength);
  expect((await failure(session.run({ x: { ...x, data } }))).code).toBe("CP6009");
  buffer.resize(4);
  expect((await failure(session.run({ x: { ...x, data } }))).code).toMatch(/^CP60(09|13)$/);
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
