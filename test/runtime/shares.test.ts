/**
 * @file Shares at attach: equal ones change no bit, measured ones follow from the times of the ranks, and what is wrong is refused.
 */
import { expect, test } from "vitest";
import { evaluate } from "../../compiler/expr/expr.ts";
import { attach, type AttachOptions } from "../../runtime/attach/attach.ts";
import { BACKENDS } from "../../runtime/attach/engine.ts";
import { dealtBy, lengthsToMeasure } from "../../runtime/measure.ts";
import { compiledFixture, outputsOf, shippedPlan, unsplitOutputs, wrongOutputs } from "../support/compiled.ts";
import { committedExports } from "../support/exports.ts";
import { fixtureTensors } from "../support/fixtures.ts";
import { meshes } from "../support/meshes.ts";
import { feed, gatherProgram, ulyssesProgram } from "./support/programs.ts";

const mesh = { batch_degree: 1, ring_degree: 1, ulysses_degree: 2 };
const FLUX = "flux/flux.dynamo18-dynamic.onnx";
const SIZE = "img67-txt13";

test.each(BACKENDS)(
  "equal shares give the same bits as none, and uneven ones the same result, on %s",
  async (backend) => {
    const compiled = await compiledFixture(FLUX, shippedPlan("flux"), meshes["unified 2 x 2"]);
    const feeds = await fixtureTensors(`flux/flux.${SIZE}.inputs.npz`);
    const ran = async (options: AttachOptions) => {
      const session = await attach(compiled, { ...options, backend });
      const outputs = await outputsOf(session, feeds);
      await session.release();
      return { outputs, shares: session.shares };
    };
    const none = await ran({});
    expect(none.shares).toEqual([1, 1, 1, 1]);
    expect((await ran({ shares: [0.3, 0.3, 0.3, 0.3] })).outputs).toEqual(none.outputs);
    const uneven = await ran({ shares: [2, 1, 0.5, 1] });
    expect(uneven.shares).toEqual([2, 1, 0.5, 1]);
    expect(wrongOutputs(uneven.outputs, await unsplitOutputs(FLUX, SIZE, feeds))).toEqual([]);
  },
);

test.each(BACKENDS)("auto measures the ranks once, and says what follows, on %s", async (backend) => {
  const compiled = await compiledFixture(FLUX, shippedPlan("flux"), meshes["ulysses 2"]);
  const feeds = await fixtureTensors(`flux/flux.${SIZE}.inputs.npz`);
  const session = await attach(compiled, { shares: "auto", backend });
  const note = session.notes.find(({ code }) => code === "CP6532");
  expect(note?.message).toMatch(/^the ranks took [\d.e+-]+, [\d.e+-]+ ms for the same piece: /);
  expect(session.shares).toHaveLength(2);
  expect(Math.min(...session.shares)).toBe(1);
  expect(wrongOutputs(await outputsOf(session, feeds), await unsplitOutputs(FLUX, SIZE, feeds))).toEqual([]);
  await session.release();
});

test("shares follow from times, and small differences count as none", () => {
  expect(dealtBy([10, 20]).shares).toEqual([2, 1]);
  expect(dealtBy([30, 10, 20]).shares).toEqual([1, 3, 1.5]);
  expect(dealtBy([10, 10.9]).shares).toBeNull();
  expect(dealtBy([7]).shares).toBeNull();
  expect(dealtBy([10, 20]).notes.map(({ message }) => message)).toEqual([
    "the ranks took 10.0, 20.0 ms for the same piece: their shares are 2, 1",
  ]);
});

test("a program without a probe runs with equal shares, and says so", async () => {
  const session = await attach(gatherProgram(mesh), { shares: "auto" });
  expect(session.shares).toEqual([1, 1]);
  expect(session.notes.map(({ code }) => code)).toContain("CP6533");
  expect((await session.run(feed(5))).y!.data).toEqual(feed(5).x.data.map((v) => -v));
  await session.release();
});

test("there are lengths to measure every export that has dynamic ones", async () => {
  for (const { file, family, exporter } of committedExports().filter((one) => one.exporter === "dynamo18-dynamic")) {
    const { program } = await compiledFixture(file, shippedPlan(family), meshes["ulysses 2"]);
    const lengths = lengthsToMeasure(program)!;
    expect({ file, exporter, lengths }).not.toMatchObject({ lengths: null });
    for (const { left, right } of program.equations) expect(evaluate(left, lengths)).toBe(evaluate(right, lengths));
  }
});

test("shares that do not fit are refused before any rank starts", async () => {
  const refused = (shares: unknown): Promise<string> =>
    attach(ulyssesProgram(2), { shares } as AttachOptions).then(
      () => "attached",
      (error: Error) => error.message,
    );
  expect(await refused([2, 1, 1])).toContain("CP6530: 3 shares were given; the program is compiled for 2 ranks");
  expect(await refused([2, 0])).toContain("CP6531: the share of rank 1 is 0");
  for (const other of ["fast", 2, [2, "1"], null, { 0: 1 }])
    expect(await refused(other)).toMatch(/^CP6520: shares of attach/);
});

test("a deadline bounds the measurement too", async () => {
  const compiled = await compiledFixture(FLUX, shippedPlan("flux"), meshes["ulysses 2"]);
  await expect(attach(compiled, { shares: "auto", deadlineMs: 150 })).rejects.toThrow(/^CP6522/);
});
