/**
 * @file Which values may lie in the memory of an exchange: read from small step lists, and on compiled programs replayed against that memory
 * as it is really overwritten.
 */
import { expect, test } from "vitest";
import { compileStages } from "../../compiler/compile.ts";
import type { CollectiveStep, Program, ProgramStep } from "../../program/types.ts";
import { flowOf } from "../../runtime/rank/flow.ts";
import { fixture } from "../support/fixtures.ts";
import { collectiveStep, pieceStep } from "./support/models.ts";

const mesh = { batch_degree: 1, ring_degree: 1, ulysses_degree: 2 };

function step(
  collective: CollectiveStep["collective"],
  send: readonly string[],
  receive: readonly string[],
  frees: readonly string[] = [],
): CollectiveStep {
  const transfers = [{ send, receive, elem: "float32", dims: [4] }];
  return collectiveStep({ name: collective, collective, group: "sequence", transfers, frees });
}

const piece = (
  inputs: readonly string[],
  outputs: readonly string[],
  frees: readonly string[] = inputs,
): ProgramStep => {
  const record = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, name]));
  return pieceStep("p", record(inputs), record(outputs), frees);
};

const flow = (...steps: readonly ProgramStep[]): ReturnType<typeof flowOf> => flowOf({ steps, mesh });

test("a block is made in place for the next exchange only", () => {
  const { blockOf } = flow(
    piece(["x"], ["early"]),
    piece(["x"], ["a", "b"]),
    step("all-to-all", ["a", "b"], ["c", "d"], ["a", "b"]),
    piece(["c", "d"], ["e"]),
    step("shift", ["early"], ["f"], ["early"]),
    piece(["e", "f"], ["y"], ["e", "f"]),
  );
  expect(blockOf(1, "a")).toMatchObject({ transfer: 0, slot: 0 });
  expect(blockOf(1, "b")).toMatchObject({ transfer: 0, slot: 1 });
  expect(blockOf(0, "early")).toBeNull();
  expect(blockOf(3, "e")).toBeNull();
  expect(blockOf(5, "y")).toBeNull();
});

test.each([
  ["until the next exchange is over", 4, true],
  ["beyond it", 5, false],
])("a block that is used %s", (_, freedAt, inPlace) => {
  const steps = [
    piece(["x"], ["k0"]),
    step("shift", ["k0"], ["k1"]),
    piece(["k0"], ["s0"], []),
    piece(["k1"], ["s1"], []),
    step("shift", ["k1"], ["k2"]),
    piece(["k2", "s0", "s1"], ["y"], []),
  ].map((one, index) => ({ ...one, frees: index === freedAt ? ["k0", "k1"] : index === 5 ? ["k2", "s0", "s1"] : [] }));
  const { blockOf, outlives } = flow(...steps);
  expect(blockOf(0, "k0") !== null).toBe(inPlace);
  expect(outlives("k1")).toBe(!inPlace);
  expect(outlives("k2")).toBe(false);
});

test("a value counts as used as long as any of its names, and one that is never freed to the end", () => {
  const gathered = [
    piece(["x"], ["a"]),
    step("all-gather", ["a"], ["p0", "p1"], ["a"]),
    step("shift", ["z"], ["w"], ["z"]),
    step("shift", ["w"], ["v"], ["w"]),
    piece(["p0", "p1", "v"], ["y"]),
  ];
  expect(flow(...gathered).blockOf(0, "a")).toBeNull();
  expect(flow(...gathered).outlives("p0")).toBe(true);
  const last = [piece(["x"], ["a"]), step("all-gather", ["a"], ["y0", "y1"])];
  expect(flow(...last).blockOf(0, "a")).not.toBeNull();
  expect(flow(...last, step("shift", ["z"], ["w"], ["z"])).outlives("y0")).toBe(true);
  const looked: ProgramStep = {
    kind: "hook",
    hook: 0,
    module: "",
    phase: "post_forward",
    value: "k1",
    result: "seen",
    layout: "",
    frees: ["k1"],
  };
  const hooked = [
    step("shift", ["k0"], ["k1"], ["k0"]),
    looked,
    step("shift", ["z"], ["w"]),
    step("shift", ["w"], ["v"]),
  ];
  expect(flow(...hooked).outlives("k1")).toBe(true);
});

test("in an all-to-all a rank's own block is not in the memory of the exchange, unless it is another's too", () => {
  const steps = (send: readonly string[]): readonly ProgramStep[] => [
    piece(["x"], ["a", "b"]),
    step("all-to-all", send, ["c", "d"], ["a", "b"]),
    step("shift", ["z"], ["w"], ["z"]),
    step("shift", ["w"], ["v"], ["w"]),
    piece(["c", "d", "v"], ["y"]),
  ];
  expect(flow(...steps(["a", "b"])).blockOf(0, "a")).not.toBeNull();
  expect(flow(...steps(["a", "a"])).blockOf(0, "a")).toBeNull();
});

/** Walks the steps as rank 0 of the ring does, and fails where a step uses memory that another exchange has taken since. */
function replay({ steps, mesh: programMesh }: Program): { readonly inPlace: number; readonly viewed: number } {
  const { blockOf, outlives } = flowOf({ steps, mesh: programMesh });
  /** How many exchanges were done when the memory of a value was filled. */
  const since = new Map<string, number>();
  const count = { inPlace: 0, viewed: 0 };
  let done = 0;
  const used = (step: ProgramStep): readonly string[] =>
    step.kind === "piece"
      ? Object.values(step.inputs)
      : step.kind === "hook"
        ? [step.value]
        : step.transfers.flatMap(({ send }) => send);
  steps.forEach((one, index) => {
    for (const name of used(one)) expect(done - (since.get(name) ?? done)).toBeLessThanOrEqual(1);
    if (one.kind === "collective") {
      done += 1;
      const received = one.transfers.flatMap(({ receive }) => receive).filter((name) => !outlives(name));
      for (const name of received) since.set(name, done);
      count.viewed += received.length;
    }
    if (one.kind === "piece") {
      const made = Object.values(one.outputs).filter((name) => blockOf(index, name) !== null);
      for (const name of made) since.set(name, done + 1);
      count.inPlace += made.length;
    }
  });
  return count;
}

test.each([
  { ulysses_degree: 2 },
  { ulysses_degree: 4 },
  { batch_degree: 1, ring_degree: 2, rotate_method: "alltoall" },
  { batch_degree: 1, ring_degree: 4, rotate_method: "alltoall" },
  { batch_degree: 1, ring_degree: 4, rotate_method: "allgather" },
  { batch_degree: 1, ring_degree: 2, ulysses_degree: 2, rotate_method: "alltoall" },
] as const)(
  "over %o, no value of flux is used after its memory was taken, every block is made in place, and none that arrives is copied",
  async (parallel) => {
    const { stages } = await compileStages({
      model: fixture("flux/flux.dynamo18-dynamic.onnx"),
      plan: "plans/flux.plan.json",
      parallel,
    });
    const { program } = stages.lowered!;
    const { inPlace, viewed } = replay(program);
    const collectives = program.steps.filter((one) => one.kind === "collective").flatMap(({ transfers }) => transfers);
    const received = collectives.flatMap(({ receive }) => receive);
    // What has just arrived is copied once, from the sender's memory to the own.
    const made = collectives.flatMap(({ send }) => send).filter((name) => !received.includes(name));
    expect({ inPlace, viewed }).toEqual({ inPlace: made.length, viewed: received.length });
  },
);

test("chains of names as long as a program are followed in time", () => {
  const count = 50_000;
  const hooks = Array.from({ length: count }, (_, i): ProgramStep => {
    const [value, result] = [`v${i}`, `v${i + 1}`];
    return { kind: "hook", hook: 0, module: "", phase: "pre_forward", value, result, layout: "", frees: [value] };
  });
  const other = step("shift", ["x"], ["z"], ["x"]);
  expect(flow(step("shift", ["x"], ["v0"]), ...hooks, other).outlives("v0")).toBe(true);
  expect(flow(step("shift", ["x"], ["v0"]), other, piece(["v0"], ["y"])).outlives("v0")).toBe(true);
  expect(flow(step("shift", ["x"], ["v0"]), piece(["v0"], ["y"]), other).outlives("v0")).toBe(false);
  // In an all-to-all each rank keeps one block, under a name that the next one sends.
  const blocks = Array.from({ length: count / 5 }, (_, i) =>
    step("all-to-all", [`a${i}`, `b${i}`], [`a${i + 1}`, `b${i + 1}`], [`a${i}`, `b${i}`]),
  );
  const before = performance.now();
  expect(flow(...blocks, piece([`a${count / 5}`, `b${count / 5}`], ["y"])).outlives("a1")).toBe(true);
  expect(performance.now() - before).toBeLessThan(3_000);
});
