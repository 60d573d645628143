/**
 * @file Types of the plan language: good plans compile, mixing the forms fails with a sentence.
 */
import { expectTypeOf, test } from "vitest";
import type { CheckedPlan, Mistake } from "../../compiler/plan/checked.ts";
import { definePlan } from "../../compiler/plan/define.ts";
import type { ContextParallelPlan } from "../../compiler/plan/types.ts";

test("good plans compile and are plans", () => {
  const plan = definePlan({
    $model: "flux.onnx",
    $batch: { hidden_states: 0, timestep: -1 },
    $attention: { "blocks.*.attn": "gather", "blocks.0.attn": "ulysses", "": "ring", a: "unified" },
    "": { hidden_states: { split_dim: 1, expected_dims: 3 }, tensors: [{ split_dim: 1 }, { split_dim: -1 }] },
    rope: { "0": { split_dim: 0, split_output: true, value: "cos" }, 1: { split_dim: 0, split_output: true } },
    "blocks.*": [{ x: { split_dim: 1 } }, { gather_dim: 1 }],
    "blocks.*.attn": [{ x: { split_dim: 1 } }, [{ gather_dim: 1 }, null]],
    norm: [{ gather_dim: 1 }, null],
    named: { gather_dim: { split_dim: 1 } },
    proj_out: { gather_dim: 1, expected_dims: 3, value: "out" },
  });
  expectTypeOf(plan).toExtend<ContextParallelPlan>();
});

test("plans with computed keys compile", () => {
  const blocks = Object.fromEntries([0, 1].map((i) => [`blocks.${i}`, { gather_dim: i }]));
  expectTypeOf(definePlan({ ...blocks, "": { x: { split_dim: 1 } } })).toExtend<object>();
  const chosen = Object.fromEntries([0, 1].map((i) => [`blocks.${i}`, "gather" as const]));
  expectTypeOf(definePlan({ $attention: chosen, "": { x: { split_dim: 1 } } })).toExtend<ContextParallelPlan>();
  const typed: ContextParallelPlan = { proj_out: { gather_dim: 1 } };
  expectTypeOf(definePlan(typed)).toEqualTypeOf<ContextParallelPlan>();
});

test("mistakes do not compile", () => {
  // @ts-expect-error input and output specs mixed in one entry
  definePlan({ a: { hidden_states: { split_dim: 1 }, gather_dim: 1 } });
  // @ts-expect-error a gather in an input spec
  definePlan({ a: { hidden_states: { split_dim: 1, gather_dim: 1 } } });
  // @ts-expect-error a gather under a parameter
  definePlan({ a: { hidden_states: { gather_dim: 1 } } });
  // @ts-expect-error a spec on the wrong level
  definePlan({ a: { split_dim: 1 } });
  // @ts-expect-error a misspelt key
  definePlan({ a: { gather_dims: 1 } });
  // @ts-expect-error a misspelt key of an input
  definePlan({ a: { x: { split_dims: 1 } } });
  // @ts-expect-error a wrong type
  definePlan({ a: { gather_dim: "1" } });
  // @ts-expect-error the two elements exchanged
  definePlan({ a: [{ gather_dim: 1 }, { x: { split_dim: 1 } }] });
  // @ts-expect-error inputs alone in a list
  definePlan({ a: [{ x: { split_dim: 1 } }] });
  // @ts-expect-error null is for outputs only
  definePlan({ a: { x: null } });
  // @ts-expect-error an unknown reserved key
  definePlan({ $shema: "x", a: { gather_dim: 1 } });
  // @ts-expect-error a spec for the axis of a batch
  definePlan({ $batch: { x: { split_dim: 0 } } });
  // @ts-expect-error a misspelt scheme
  definePlan({ $attention: { "blocks.*": "gathers" } });
  // @ts-expect-error a spec for a scheme
  definePlan({ $attention: { "blocks.*": { gather_dim: 1 } } });
  // @ts-expect-error a text for an entry
  definePlan({ a: "gather" });
});

/** The type of one member of a checked plan. */
type At<P, Module extends keyof P> = CheckedPlan<P> extends { readonly [M in Module]: infer E } ? E : never;

test("a mistake is explained by a sentence at its key", () => {
  type Schemes = At<{ $attention: { a: "all"; b: "gather" } }, "$attention">;
  expectTypeOf<Schemes["a"]>().toEqualTypeOf<Mistake<"a scheme is gather, ulysses, ring or unified">>();
  expectTypeOf<Schemes["b"]>().toEqualTypeOf<"gather">();
  expectTypeOf<At<{ a: { x: { split_dim: 1; gather_dim: 1 } } }, "a">["x"]["gather_dim"]>().toEqualTypeOf<
    Mistake<"an input spec cannot have gather_dim: outputs are gathered at the module itself, { gather_dim: 1 }">
  >();
  expectTypeOf<At<{ a: { x: { split_dim: 1 }; gather_dim: 1 } }, "a">["x"]>().toEqualTypeOf<
    Mistake<"an output spec has gather_dim, expected_dims, value; to split too, write [{ inputs }, { output }]">
  >();
  expectTypeOf<At<{ a: { x: { split_dim: "1" } } }, "a">["x"]["split_dim"]>().toEqualTypeOf<
    Mistake<"split_dim is an integer, without quotes">
  >();
});

test("a spec that is not complete has the keys that can follow", () => {
  type Input = At<{ a: [{ x: {} }, { gather_dim: 1 }] }, "a">[0]["x"];
  expectTypeOf<keyof Input>().toEqualTypeOf<"split_dim" | "expected_dims" | "split_output" | "value">();
  type Output = At<{ a: [{ x: { split_dim: 1 } }, {}] }, "a">[1];
  expectTypeOf<keyof Output>().toEqualTypeOf<"gather_dim" | "expected_dims" | "value">();
});
