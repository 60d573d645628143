/**
 * @file Assertion of the family's tests: every value of a split graph equals the unsplit one. Not a test itself.
 */
import { expect } from "vitest";
import type { SimulateOptions, SimulationReport } from "../../compiler/simulate/types.ts";
import type { OrtTensors } from "../../ort/types.ts";
import { valueOf } from "../support/fixtures.ts";
import { prepare, sharded, simulated, type Prepared } from "./cell.ts";
import type { FamilyMember } from "./family.ts";
import type { Scheme } from "./schemes.ts";

export const ulysses = (degree: number): Scheme => ({ ring: 1, ulysses: degree, rotate: "allgather" });
export const gathering = (ring: number, degree = 1): Scheme => ({ ring, ulysses: degree, rotate: "allgather" });
export const rotating = (ring: number, degree = 1): Scheme => ({ ring, ulysses: degree, rotate: "alltoall" });

/** One of each kind, with degrees that divide neither eight heads nor the usual lengths. */
export const FEW: readonly Scheme[] = [ulysses(3), gathering(3), rotating(3), gathering(2, 3), rotating(2, 3)];

/** A member with its model on disk while `use` runs. */
export async function withMember<T>(member: FamilyMember, use: (prepared: Prepared) => Promise<T>): Promise<T> {
  const prepared = await prepare(member);
  try {
    return await use(prepared);
  } finally {
    await prepared.remove();
  }
}

/** Every value that has a counterpart is exact, and there is no value without one. */
export async function expectExact(
  prepared: Prepared,
  scheme: Scheme,
  feeds: OrtTensors,
  options: SimulateOptions = {},
): Promise<SimulationReport> {
  const report = await simulated(valueOf(sharded(prepared, scheme)), feeds, options);
  expect(report.wrong?.diagnostic.message ?? null).toBeNull();
  expect(report.unchecked).toEqual([]);
  return report;
}
