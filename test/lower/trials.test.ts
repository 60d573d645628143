/**
 * @file Which pieces of a program a device is compared on: every attention, and small local ones, each with all that it reads.
 */
import { expect, test } from "vitest";
import { compiledFixture, shippedPlan } from "../support/compiled.ts";
import { meshes } from "../support/meshes.ts";
import type { MeshName } from "../support/meshes.ts";

const cases: readonly (readonly [string, string, MeshName, readonly string[]])[] = [
  ["flux", "flux.dynamo18-dynamic", "ulysses 2", ["attention0", "local4"]],
  ["ltx", "ltx.dynamo23-dynamic", "rotating ring 2", []],
];

test.each(cases)("%s, %s, %s", async (family, model, mesh, expected) => {
  const { program } = await compiledFixture(`${family}/${model}.onnx`, shippedPlan(family), meshes[mesh]);
  const steps = program.trials.map((trial) => ({ trial, step: program.steps[trial.step]! }));
  const pieces = steps.map(({ step }) => (step.kind === "piece" ? step.piece : step.kind));
  expect(new Set(pieces).size).toBe(pieces.length);
  const attention = program.pieces.filter(({ kind }) => kind === "attention").map(({ id }) => id);
  expect(pieces.filter((id) => id.startsWith("attention"))).toEqual(attention);
  expect(pieces.some((id) => id.startsWith("local"))).toBe(true);
  if (expected.length > 0) expect(pieces).toEqual(expected);
  for (const { trial, step } of steps) {
    const known = [...trial.reads.map(({ name }) => name), ...Object.keys(program.derived)];
    expect(known).toEqual(expect.arrayContaining(step.kind === "piece" ? Object.values(step.inputs) : []));
    expect(trial.elems).toContain("float32");
  }
});
