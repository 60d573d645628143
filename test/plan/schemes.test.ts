/**
 * @file Which schemes of `$attention` a mesh can do: the one that its degrees give, and a gather.
 */
import { expect, test } from "vitest";
import { readParallelConfig, readPlanValue } from "../../compiler/plan/read.ts";
import { schemes } from "../../compiler/plan/schemes.ts";
import { schemesFitMesh } from "../../compiler/plan/validate/rules/schemes.ts";
import { valueOf } from "../support/fixtures.ts";

test.each([
  [1, 1, ["gather", "ulysses", "ring", "unified"]],
  [1, 3, ["gather", "ulysses"]],
  [4, 1, ["gather", "ring"]],
  [2, 2, ["gather", "unified"]],
])("ring %i x ulysses %i", (ring_degree, ulysses_degree, possible) => {
  const context_parallel_config = { ring_degree, ulysses_degree };
  const mesh = valueOf(readParallelConfig({ batch_degree: 2, context_parallel_config }));
  for (const scheme of schemes) {
    const plan = valueOf(readPlanValue({ $attention: { "blocks.*": scheme, "": "gather" } }));
    const refused = schemesFitMesh(plan, mesh);
    expect(refused.map(({ code }) => code)).toEqual(possible.includes(scheme) ? [] : ["CP1536"]);
    // The hint names the schemes of this mesh.
    for (const { hint } of refused) for (const other of possible) expect(hint).toContain(`"${other}"`);
  }
});
