/**
 * @file The typical mistakes are mended by the edits of their fixes alone, in JSON with comments and Windows line ends, and in TypeScript.
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { canonicalModel } from "../../../compiler/inspect/model.ts";
import type { Diagnostic } from "../../../compiler/diagnostics/types.ts";
import { withEdits } from "../../../compiler/plan/edits/edits.ts";
import { readParallelConfig, readPlanText } from "../../../compiler/plan/read.ts";
import { isImplicit } from "../../../compiler/strict.ts";
import { type Mistake, mistakes } from "../../errors/mistakes.ts";
import { textOf } from "../../errors/hints.ts";
import { fixture } from "../../support/fixtures.ts";
import { bindPlan, shard } from "../../support/stages.ts";
import { fixed } from "./apply.ts";

const folder = mkdtempSync(join(tmpdir(), "edits-"));
const model = canonicalModel(fixture("flux/flux.dynamo18-dynamic.onnx"));

/** Without a right answer in the plan: the inputs of a run are wrong. */
const OUTSIDE = "CP6006";
const inPlan = mistakes.filter(({ codes }) => !codes.includes(OUTSIDE));

const languages: Readonly<Record<string, (plan: object) => string>> = {
  jsonc: (plan) => `// A plan.\n${textOf(plan as Record<string, unknown>)}`.replaceAll("\n", "\r\n"),
  ts: (plan) =>
    `import { definePlan } from "onnx-context-parallel";\nexport default definePlan(${textOf(plan as Record<string, unknown>).trim()});\n`,
};

async function problems(text: string, name: string, { options = "" }: Mistake): Promise<readonly Diagnostic[]> {
  const ulysses = Number(/--ulysses-degree (\d+)/.exec(options)?.[1] ?? 2);
  const graph = await model;
  const plan = await readPlanText(text, name);
  if (!graph.ok) throw new Error(JSON.stringify(graph.diagnostics));
  if (!plan.ok) return plan.diagnostics.filter((d) => d.severity === "error");
  const mesh = readParallelConfig({ ulysses_degree: ulysses });
  const bound = bindPlan(graph.value, plan.value);
  const done = bound.ok && mesh.ok ? shard(bound.value, { ...mesh.value, mesh: mesh.value }) : null;
  const found = withEdits([...bound.diagnostics, ...(done?.diagnostics ?? [])], plan.value.written!);
  return found.filter((d) => d.severity === "error" || (options.includes("--strict") && isImplicit(d)));
}

/** Each language for every second mistake; strict JSON is what the language server's test mends. */
const kinds = Object.keys(languages);

test.each(inPlan.map((mistake, i) => ({ ...mistake, kind: kinds[i % kinds.length]! })))(
  "$title, in $kind",
  async ({ kind, ...mistake }) => {
    const name = join(folder, `a.plan.${kind}`);
    let text = languages[kind]!(mistake.plan);
    writeFileSync(name, text);
    const codes: string[] = [];
    for (let step = 0; step < 5; step += 1) {
      const [first] = await problems(text, name, mistake);
      if (first === undefined) break;
      codes.push(first.code);
      const next = fixed(text, first);
      expect(next, `${first.code}: ${first.hint}`).not.toBeNull();
      text = next!;
    }
    expect(await problems(text, name, mistake)).toEqual([]);
    // A scheme is stated for each kind of block.
    expect([...new Set(codes)]).toEqual(mistake.codes);
    if (kind === "jsonc") expect(text.replaceAll("\r\n", "")).not.toContain("\n");
  },
);
