/**
 * @file Memory of a rotating ring: at any step, a rank holds its current chunk of an attention's keys and values and the one in flight,
 * never a third. Read from the program, which states when each value is made and freed.
 */
import { expect, test } from "vitest";
import type { CollectiveStep, ProgramStep } from "../../program/types.ts";
import { compileStages } from "../../compiler/compile.ts";
import { fixture } from "../support/fixtures.ts";

/** Most values of `chain` that live at once. */
function mostAlive(steps: readonly ProgramStep[], chain: ReadonlySet<string>): number {
  const alive = new Set<string>();
  let most = 0;
  for (const step of steps) {
    for (const name of writtenBy(step)) if (chain.has(name)) alive.add(name);
    most = Math.max(most, alive.size);
    for (const name of step.frees) alive.delete(name);
  }
  return most;
}

function writtenBy(step: ProgramStep): readonly string[] {
  if (step.kind === "piece") return Object.values(step.outputs);
  return step.kind === "collective" ? step.transfers.flatMap((t) => t.receive) : [step.result];
}

test.each([2, 3, 4, 8])("a ring of %i holds one chunk of keys and values and one in flight", async (rings) => {
  const { stages } = await compileStages({
    model: fixture("flux/flux.dynamo18-dynamic.onnx"),
    plan: "plans/flux.plan.json",
    parallel: { batch_degree: 1, ring_degree: rings, rotate_method: "alltoall" },
  });
  const { steps } = stages.lowered!.program;
  const shifts = steps.filter((s): s is CollectiveStep => s.kind === "collective" && s.collective === "shift");
  const modules = [...new Set(shifts.map((s) => s.module))];
  expect(modules).toHaveLength(4);
  for (const module of modules) {
    const own = shifts.filter((s) => s.module === module);
    expect(own).toHaveLength(rings - 1);
    const chain = new Set(own.flatMap((s) => s.transfers.flatMap((t) => [...t.send, ...t.receive])));
    // Keys and values: two values for the current chunk, two for the one in flight.
    expect(mostAlive(steps, chain)).toBe(4);
  }
});
