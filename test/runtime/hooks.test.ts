/**
 * @file User hooks: where they may be registered, what a handler receives and may return, how an invalid one fails.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { attach } from "../../runtime/attach/attach.ts";
import type { Session } from "../../runtime/caller/session.ts";
import { feed, gatherProgram, hookProgram } from "./support/programs.ts";
import { moduleUrl } from "./support/handlers.ts";

let session: Session;
beforeAll(async () => {
  session = await attach(hookProgram({ batch_degree: 1, ring_degree: 1, ulysses_degree: 3 }));
});
afterAll(() => session.release());

const negated = (rows: number): Float32Array => feed(rows).x.data.map((v) => -v);
const output = async (rows = 7): Promise<unknown> => (await session.run(feed(rows))).y!.data;

test("lists the program's registrations with the user's handlers", async () => {
  const [entry, ...others] = session.hooks.list();
  expect(others).toEqual([]);
  expect(entry).toMatchObject({ id: 0, module: "block", phase: "post_forward", action: "user", handlers: [] });
  const url = moduleUrl("() => undefined");
  const remove = await session.hooks.register("block", "post_forward", url);
  expect(session.hooks.list()[0]!.handlers).toEqual([url]);
  await remove();
  expect(session.hooks.list()[0]!.handlers).toEqual([]);
});

test("a handler that returns nothing changes nothing, even if it writes into what it was shown", async () => {
  const remove = await session.hooks.register("block", "post_forward", moduleUrl("(t) => { t.data.fill(7); }"));
  expect(await output()).toEqual(negated(7));
  await remove();
});

test("a handler sees its rank's part and where it is", async () => {
  const source = `(t, context) => {
    const expected = { rank: context.rank, layout: "axis 0 = [s]", module: "block", phase: "post_forward", value: "local" };
    if (JSON.stringify(context) !== JSON.stringify(expected)) throw new Error(JSON.stringify(context));
    if (t.type !== "float32" || t.dims.join() !== [context.rank === 0 ? 3 : 2, 5, 3].join()) throw new Error(t.dims.join());
    return { ...t, data: t.data.map(() => context.rank) };
  }`;
  const remove = await session.hooks.register("block", "post_forward", moduleUrl(source));
  expect(await output()).toEqual(Float32Array.from({ length: 7 * 15 }, (_, i) => (i < 45 ? 0 : i < 75 ? 1 : 2)));
  await remove();
  expect(await output()).toEqual(negated(7));
});

test("handlers run in order of registration; each remover removes its own", async () => {
  const double = await session.hooks.register(
    "block",
    "post_forward",
    moduleUrl("(t) => ({ ...t, data: t.data.map((v) => v * 2) })"),
  );
  const plus = await session.hooks.register(
    "block",
    "post_forward",
    moduleUrl("async (t) => ({ ...t, data: t.data.map((v) => v + 1) })"),
  );
  expect(await output()).toEqual(negated(7).map((v) => v * 2 + 1));
  await double();
  await double();
  expect(await output()).toEqual(negated(7).map((v) => v + 1));
  await plus();
  expect(await output()).toEqual(negated(7));
});

test("registering is in the queue of runs", async () => {
  const before = output();
  const registering = session.hooks.register(
    "block",
    "post_forward",
    moduleUrl("(t) => ({ ...t, data: t.data.map(() => 1) })"),
  );
  const after = output();
  expect(await before).toEqual(negated(7));
  expect(await after).toEqual(negated(7).fill(1));
  await (
    await registering
  )();
});

test.each([
  ["{ ...t, type: 'float64', data: new Float64Array(t.data) }", "float64 [2, 5, 3]"],
  ["{ ...t, dims: [...t.dims].reverse() }", "float32 [3, 5, 2]"],
  ["{ ...t, data: t.data.slice(1) }", "float32 [2, 5, 3] with 116 bytes of data"],
  ["{ ...t, data: new Float64Array(t.data) }", "float32 [2, 5, 3]"],
  ["5", "a value of type number"],
  ["null", "null"],
])("a handler that returns %s is told what is expected", async (result, actual) => {
  const url = moduleUrl(`(t, { rank }) => rank === 1 ? (${result}) : undefined`);
  const remove = await session.hooks.register("block", "post_forward", url);
  const error = await output().catch((e: unknown) => e);
  expect(error).toMatchObject({ code: "CP6506" });
  const place = 'rank 1, step 2 of 4 (hook post_forward, module "block")';
  expect((error as Error).message).toBe(
    `CP6506: ${place}: the handler ${url} returned ${actual} instead of float32 [2, 5, 3]`,
  );
  await remove();
  expect(await output()).toEqual(negated(7));
});

test("a module that does not load, or exports no function, is refused and leaves nothing behind", async () => {
  for (const url of [
    "data:text/javascript,export default 5",
    "file:///nowhere/at/all.js",
    "data:text/javascript,throw new Error('no')",
  ]) {
    await expect(session.hooks.register("block", "post_forward", url)).rejects.toMatchObject({ code: "CP6513" });
    expect(session.hooks.list()[0]!.handlers).toEqual([]);
    expect(await output()).toEqual(negated(7));
  }
  await expect(session.hooks.register("block", "post_forward", "./hook.js")).rejects.toMatchObject({ code: "CP6518" });
});

test("a place that the program was not cut at is refused with the places that it has", async () => {
  const url = moduleUrl("() => undefined");
  const error = await session.hooks.register("blocks.1", "post_forward", url).catch((e: unknown) => e);
  expect(error).toMatchObject({
    code: "CP6512",
    diagnostics: [
      {
        message:
          'the program was not compiled with hooks at module "blocks.1", post_forward; it has module "block", post_forward',
        hint: 'compile with compilePlan({ hooks: ["blocks.1"] })',
      },
    ],
  });
  const plain = await attach(gatherProgram({ batch_degree: 1, ring_degree: 1, ulysses_degree: 1 }));
  await expect(plain.hooks.register("", "pre_forward", url)).rejects.toThrow(
    "the root module, pre_forward; it has no hook points",
  );
  await plain.release();
});
