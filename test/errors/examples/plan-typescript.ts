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
    "The file is no TypeScript. The message is that of the TypeScript compiler.",
  ),
  CP1202: written(
    `const plan = { proj_out: { gather_dim: 1 } };\nfor (const i of [0, 1]) plan[i] = {};\nexport default definePlan(plan);`,
    "A plan is read, not run, so statements that act have no meaning in it.",
  ),
  CP1203: written(
    `export default definePlan({ proj_out: { gather_dim: await import("axis") } });`,
    "The expression would need the file to be run.",
  ),
  CP1204: written(
    `const tokens = { gather_dim: 1 };\nexport default definePlan({ proj_out: token });`,
    "A name that is neither declared nor imported.",
  ),
  CP1205: written(
    `export default definePlan({ proj_out: { gather_dim: parseInt("1") } });`,
    "Only some functions have a meaning without running the file; this is none of them.",
  ),
  CP1206: written(
    `import { readFileSync } from "node:fs";\nexport default definePlan({ proj_out: { gather_dim: 1 } });`,
    "Plans may import constants and functions from TypeScript files beside them, and nothing else.",
  ),
  CP1207: written(
    `export const plan = { proj_out: { gather_dim: 1 } };`,
    "The plan of a TypeScript file is its default export, wrapped in `definePlan`.",
  ),
  CP1208: written(
    `const axis = (n: number): number => axis(n + 1);\nexport default definePlan({ proj_out: { gather_dim: axis(0) } });`,
    "The value takes more steps or levels to evaluate than a plan can need, most likely an endless recursion.",
  ),
  CP1209: written(
    `const axis = axis + 1;\nexport default definePlan({ proj_out: { gather_dim: axis } });`,
    "A constant is defined by way of itself.",
  ),
  CP1211: {
    means: "A plan may share parts with others; all of its files together are bounded in number and size.",
    given: "`flux.plan.ts` that imports from `./part0.ts`, `./part1.ts` and so on to `./part63.ts`",
    make: () => {
      const lines = Array.from({ length: 64 }, (_, i) => `import { part${i} } from "./part${i}.ts";\n`);
      writeFileSync("flux.plan.ts", lines.join(""));
    },
    command: "onnx-cp check flux.plan.ts --model flux.onnx",
  },
  CP1212: written(
    `const axis = (n: number): number => n.axis;\nconst all = Array.from({ length: 300 }, () => axis(0));\nexport default definePlan({ proj_out: { gather_dim: all[0] } });`,
    "A mistake in a function that is called often is met often. Evaluation ends after some, since each costs time.",
  ),
  CP1210: written(
    `const axes = ["1"];\nexport default definePlan({ proj_out: { gather_dim: -axes } });`,
    "The operation is known, but not for a value of this type.",
  ),
};
