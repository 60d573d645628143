import { definePlan } from "onnx-context-parallel";
const plan = {};
for (const i of [0, 1]) plan[`blocks.${i}`] = { gather_dim: 1 };
plan["proj_out"] = { gather_dim: 1 };
Object.assign(plan, {});
let dim = 1;
dim += 1;
var old = 1;
if (dim) {
}
class Plan {}
function build() {
  const x = 1;
  return x;
}
async function later() {
  return 1;
}
import "./lib/more.ts";
export * from "./lib/more.ts";
const { a, b } = { a: 1, b: 2 };
const plan = 1;
"use strict";
namespace N {}
declare const outside: number;
export default definePlan(plan);
