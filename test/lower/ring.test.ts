/**
 * @file How the parts of a ring become pieces: one piece for all parts of all sites, with at most two parts and two chunks of keys and
 * values alive.
 */
import { rmSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import type { LoweredProgram } from "../../compiler/lower/types.ts";
import type { ProgramStep } from "../../program/types.ts";
import { operatorsOfModel } from "../support/nested.ts";
import { temporaryFolder } from "./build.ts";
import { SITES, siteProgram } from "./sites.ts";

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Pieces that hold a part of an attention: the kernel is nowhere else in a program without masks. */
function partPieces({ program, models }: LoweredProgram): readonly string[] {
  const holds = (file: string): boolean => operatorsOfModel(models.get(file)!).includes("MultiHeadAttention");
  return program.pieces.filter(({ file }) => holds(file)).map(({ id }) => id);
}

const MESHES = [
  [2, 1],
  [3, 1],
  [5, 1],
  [3, 2],
] as const;

test.each(MESHES)("all parts of all sites are one piece: ring %i, ulysses %i", (ring, ulysses) => {
  const made = siteProgram({ ring, ulysses, masked: false }, folder);
  const [piece, ...others] = partPieces(made);
  expect(others).toEqual([]);
  const runs = made.program.steps.filter((step) => step.kind === "piece" && step.piece === piece);
  expect(runs).toHaveLength(SITES * ring);
});

/** The largest number of values alive at once whose name has `mark`. */
function mostAlive(steps: readonly ProgramStep[], mark: RegExp): number {
  const alive = new Set<string>();
  const makes = (step: ProgramStep): readonly string[] => {
    if (step.kind === "piece") return Object.values(step.outputs);
    return step.kind === "collective" ? step.transfers.flatMap(({ receive }) => receive) : [step.result];
  };
  return steps.reduce((most, step) => {
    for (const name of makes(step)) if (mark.test(name)) alive.add(name);
    const now = alive.size;
    for (const name of step.frees) alive.delete(name);
    return Math.max(most, now);
  }, 0);
}

test.each(MESHES)("few values are kept: ring %i, ulysses %i", (ring, ulysses) => {
  const { steps } = siteProgram({ ring, ulysses, masked: false }, folder).program;
  // Two that are merged, and what they become.
  expect(mostAlive(steps, /\.out$/)).toBeLessThanOrEqual(3);
  // Keys and values that are sent on while the next arrive.
  expect(mostAlive(steps, /::step\d+(\.\d+)?$/)).toBeLessThanOrEqual(4);
});
