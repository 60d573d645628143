/**
 * @file What a refusal names in its text, it has as data in `about`: the search for a plan reads only that. On all golden cases that are refused.
 */
import { expect, test } from "vitest";
import { readFileSync } from "node:fs";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import { caseFrom, casesIn } from "../support/cases.ts";
import { bindPlan, shard } from "../support/stages.ts";

const invalid = ["test/bind/cases", "test/shard/cases"].flatMap((folder) =>
  casesIn(folder).flatMap((name) => (name.includes(".invalid.") ? [`${folder}/${name}`] : [])),
);

/** Why a plan of the case `file` is refused, and the plan entries that a message can name. */
function refusalsOf(file: string): { readonly refusals: readonly Diagnostic[]; readonly pointers: readonly string[] } {
  const [given = ""] = readFileSync(file, "utf8").split("\n----\n");
  const { graph, plan, mesh } = caseFrom(given, file);
  const bound = bindPlan(graph, plan);
  const { diagnostics } = bound.ok ? shard(bound.value, { ...mesh, mesh }) : bound;
  return {
    refusals: diagnostics.filter(({ severity }) => severity === "error"),
    pointers: [
      ...plan.entries.flatMap(({ specs }) => specs.map(({ origin }) => origin.pointer)),
      // The batch of an input, with or without a key of the plan.
      ...graph.inputs.map(({ name }) => `$batch.${name}`),
    ],
  };
}

function namedIn(message: string, pointers: readonly string[]): readonly string[] {
  return pointers.filter((pointer) =>
    [" ", ",", ";", ":", ")"].some((end) => `${message} `.includes(`the plan entry ${pointer}${end}`)),
  );
}

test.each(invalid)("%s", (file) => {
  const { refusals, pointers } = refusalsOf(file);
  expect(refusals.length).toBeGreaterThan(0);
  for (const { message, about } of refusals) {
    const node = / \(node ([^)]*)\)/.exec(message)?.[1];
    expect.soft(about?.node, message).toBe(node);
    expect.soft(new Set(about?.entries), message).toEqual(new Set(namedIn(message, pointers)));
  }
});
