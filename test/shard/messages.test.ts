/**
 * @file What refusals say: values by the names that the model gives them, and another axis only where a plan would split it.
 */
import { expect, test } from "vitest";
import { bindPlan } from "../../compiler/bind/bind.ts";
import type { ContextParallelPlan } from "../../compiler/plan/types.ts";
import { readPlanValue } from "../../compiler/plan/read.ts";
import { shard } from "../../compiler/shard/shard.ts";
import { graphFrom } from "../bind/dsl.ts";
import { meshes } from "../support/meshes.ts";
import { valueOf } from "../support/fixtures.ts";

const mesh = meshes["ulysses 2"];

function refusals(text: string, plan: ContextParallelPlan): readonly string[] {
  const bound = valueOf(bindPlan(graphFrom(text), valueOf(readPlanValue(plan))));
  return shard(bound, { ...mesh, mesh }).diagnostics.map(({ code, message, hint }) => `${code} ${message}; ${hint}`);
}

const attention = (value: string): string => `
  block.attn: q = MatMul(${value}, w)
  block.attn: k = MatMul(${value}, w)
  block.attn: o = cp.Attention(q, k, k)
  proj_out: sample = MatMul(o, w)
  out sample`;

test("a value's name is not cut where it holds two colons", () => {
  const model = `
    in onnx::MatMul_1 float32 1,img,32
    const w float32 32,32
    ${attention("onnx::MatMul_1")}`;
  const plan = { "": { hidden_states: { split_dim: 2, value: "onnx::MatMul_1" } } };
  expect(refusals(model, plan).join("\n")).toContain("axis 2 of onnx::MatMul_1, which");
});

test("the batch is not offered in place of an axis that must stay whole", () => {
  const model = `
    in hidden_states float32 batch,img,32
    const w float32 32,32
    ${attention("hidden_states")}`;
  expect(refusals(model, { "": { hidden_states: { split_dim: 2 } } }).join("\n")).toContain('write "split_dim": 1');
  const channels = model.replace("batch,img,32", "batch,16,img").replace("32,32", "img,32");
  expect(refusals(channels, { "": { hidden_states: { split_dim: 2 } } }).join("\n")).toMatch(
    /CP4001.*gather it|CP4001.*leave it whole/,
  );
});
