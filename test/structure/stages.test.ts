/**
 * @file Every stage's result is verified in tests: by the pipeline, and by the only helper of tests that call a stage directly.
 */
import { expect, test } from "vitest";
import { importsOf, read, sourceFiles, withoutComments } from "./sources.ts";

const stages = ["compiler/canonical/canonicalise.ts", "compiler/bind/bind.ts", "compiler/shard/shard.ts"];

/** With the reason why they call a stage themselves. */
const exceptions: Readonly<Record<string, string>> = {
  "test/support/stages.ts": "is the helper",
  "test/shard/local-operands.test.ts": "looks for wrong values that the verifier would find first",
};

test("tests call stages by the helper that verifies", () => {
  const found = sourceFiles(/^test\/.*\.ts$/)
    .flatMap(importsOf)
    .filter(({ to, kind }) => kind !== "type" && stages.includes(to))
    .map(({ from }) => from);
  expect([...new Set(found)].sort()).toEqual(Object.keys(exceptions).sort());
});

test("the pipeline verifies what each stage makes", () => {
  const text = withoutComments(read("compiler/compile.ts"));
  const calls = [...text.matchAll(/\b(canonicalise|bindPlan|shard)\(/g)].map(([call]) => call);
  const verified = [
    ...text.matchAll(/\bchecked\("[^"]+", \w+, (?:await caught\()?((?:canonicalise|bindPlan|shard)\()/g),
  ];
  expect(verified.map(([, call]) => call)).toEqual(calls);
  expect(calls).toHaveLength(stages.length);
});
