/**
 * @file Examples of errors in a plan in TypeScript. Codes CP1200-1299.
 */
import { writeFileSync } from "node:fs";
import type { Example, Examples } from "../example.ts";

function written(text: string, means: string): Example {
  const file = `import { definePlan } from "onnx-context-parallel";\n\n${text}\n`;
  return { means, files: { "flux.plan.ts": file }, command: "onnx-cp check flux.plan.ts --model flux.onnx" };
}

export const planTypescript: Examples = {
  CP1201: written(
    `export default definePlan({ proj_out: { gather_dim: 1 });`,
    "The file is not valid TypeScript. The message comes from the TypeScript compiler.",
  ),
  CP1202: written(
    `const plan = { proj_out: { gather_dim: 1 } };\nfor (const i of [0, 1]) plan[i] = {};\nexport default definePlan(plan);`,
    "A plan is evaluated without running it, so it cannot contain statements with side effects.",
  ),
  CP1203: written(
    `export default definePlan({ proj_out: { gather_dim: await import("axis") } });`,
    "The expression cannot be evaluated without running the file.",
  ),
  CP1204: written(
    `const tokens = { gather_dim: 1 };\nexport default definePlan({ proj_out: token });`,
    "The name is neither declared nor imported.",
  ),
  CP1205: written(
    `export default definePlan({ proj_out: { gather_dim: parseInt("1") } });`,
    "Only some functions can be evaluated without running the file; this one cannot.",
  ),
  CP1206: written(
    `import { readFileSync } from "node:fs";\nexport default definePlan({ proj_out: { gather_dim: 1 } });`,
    "A plan may import constants and functions from TypeScript files by relative path, and nothing else.",
  ),
  CP1207: written(
    `export const plan = { proj_out: { gather_dim: 1 } };`,
    "The plan of a TypeScript file is its default export, wrapped in `definePlan`.",
  ),
  CP1208: written(
    `const axis = (n: number): number => axis(n + 1);\nexport default definePlan({ proj_out: { gather_dim: axis(0) } });`,
    "The value takes more steps or levels to evaluate than a plan can need; most likely the recursion is endless.",
  ),
  CP1209: written(
    `const axis = axis + 1;\nexport default definePlan({ proj_out: { gather_dim: axis } });`,
    "The definition of a constant depends on the constant itself.",
  ),
  CP1211: {
    means: "Plans may share constants by imports; the number and total size of the files of a plan are limited.",
    given: "`flux.plan.ts` that imports from `./part0.ts`, `./part1.ts` and so on to `./part63.ts`",
    make: () => {
      const lines = Array.from({ length: 64 }, (_, i) => `import { part${i} } from "./part${i}.ts";\n`);
      writeFileSync("flux.plan.ts", lines.join(""));
    },
    command: "onnx-cp check flux.plan.ts --model flux.onnx",
  },
  CP1212: written(
    `const axis = (n: number): number => n.axis;\nconst all = Array.from({ length: 300 }, () => axis(0));\nexport default definePlan({ proj_out: { gather_dim: all[0] } });`,
    "An error in a function occurs at each of its calls. Evaluation stops after a limited number of errors, because each costs time.",
  ),
  CP1210: written(
    `const axes = ["1"];\nexport default definePlan({ proj_out: { gather_dim: -axes } });`,
    "The operation is supported, but not for a value of this type.",
  ),
};
