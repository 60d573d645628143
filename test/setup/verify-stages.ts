/**
 * @file Wraps the stages of the compiler for all tests: what each makes is checked by its verifier, wherever a test compiles anything.
 */
import { vi } from "vitest";
import { verifyBound } from "../verify/bound.ts";
import { verifyCanonical } from "../verify/canonical.ts";
import type { Result } from "../../compiler/diagnostics/types.ts";
import { verifySharded } from "../verify/sharded.ts";

function verified<T>(stage: string, result: Result<T>, verify: (value: T) => readonly string[]): Result<T> {
  const problems = result.ok ? verify(result.value) : [];
  if (problems.length > 0) throw new Error(`the ${stage} is wrong in itself:\n${problems.slice(0, 20).join("\n")}`);
  return result;
}

vi.mock(import("../../compiler/canonical/canonicalise.ts"), async (importOriginal) => {
  const { canonicalise, ...rest } = await importOriginal();
  return {
    ...rest,
    canonicalise: async (...given) => verified("canonical graph", await canonicalise(...given), verifyCanonical),
  };
});

vi.mock(import("../../compiler/bind/bind.ts"), async (importOriginal) => {
  const { bindPlan, ...rest } = await importOriginal();
  return { ...rest, bindPlan: (...given) => verified("bound plan", bindPlan(...given), verifyBound) };
});

vi.mock(import("../../compiler/shard/shard.ts"), async (importOriginal) => {
  const { shard, ...rest } = await importOriginal();
  return { ...rest, shard: (...given) => verified("sharded graph", shard(...given), verifySharded) };
});
