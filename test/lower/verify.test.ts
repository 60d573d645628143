/**
 * @file The consistency check of a program: a valid one has no findings, each kind of damage has a distinct one.
 */
import { expect, test } from "vitest";
import { verifyProgram } from "../../program/verify.ts";
import type { Program, ProgramStep } from "../../program/types.ts";
import { lowered } from "./build.ts";
import { attentionStack } from "./graphs.ts";

const { program } = lowered(attentionStack({ ranks: 2, heads: 4, sites: 1 }), "/models", ["blocks.0"]);

const withStep = (at: number, change: (step: ProgramStep) => unknown): Program => ({
  ...program,
  steps: program.steps.map((step, i) => (i === at ? (change(step) as ProgramStep) : step)),
});
const find = (kind: ProgramStep["kind"]): number => program.steps.findIndex((step) => step.kind === kind);

test("what the compiler makes has no findings", () => {
  expect(verifyProgram(program)).toEqual([]);
});

test.each<[string, Program, string]>([
  ["a missing step", { ...program, steps: program.steps.slice(1) }, "which no step wrote"],
  ["a missing integer", { ...program, derived: {} }, "which no step wrote"],
  ["an early free", withStep(0, (s) => ({ ...s, frees: [...s.frees, "x::local"] })), "after it was freed"],
  ["a forgotten free", withStep(find("collective"), (s) => ({ ...s, frees: [] })), "is never freed"],
  [
    "a free of nothing",
    withStep(0, (s) => ({ ...s, frees: [...s.frees, "nobody"] })),
    "frees nobody, which does not exist",
  ],
  ["a second writer", { ...program, steps: [program.steps[0]!, ...program.steps] }, "a second time"],
  ["a missing piece", { ...program, pieces: program.pieces.slice(1) }, "which does not exist"],
  ["other names", withStep(0, (s) => ({ ...s, inputs: { z: "x" } })), "gives the inputs z to a piece with x"],
  [
    "a missing output",
    { ...program, outputs: [{ name: "z", elem: "float32", dims: [] }] },
    "the output z does not exist at the end",
  ],
  ["a wrong mesh", { ...program, mesh: { batch_degree: 1, ring_degree: 1, ulysses_degree: 3 } }, "blocks, not 3 and 3"],
  ["an unknown hook", withStep(find("hook"), (s) => ({ ...s, hook: 99 })), "belongs to no hook (99)"],
  ["hooks out of order", { ...program, hooks: program.hooks.toReversed() }, "stands at place 0"],
])("%s is found", (_, damaged, text) => {
  expect(verifyProgram(damaged).join("\n")).toContain(text);
});
