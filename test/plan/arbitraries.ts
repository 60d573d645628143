/**
 * @file Random well-formed plans for the property tests of this folder.
 */
import fc from "fast-check";
import type { AttentionScheme, ContextParallelPlan } from "../../compiler/plan/types.ts";

const dim = fc.integer({ min: -3, max: 2 });
const expected = fc.integer({ min: 3, max: 6 });
const name = fc.stringMatching(/^[a-z_]\w{0,8}$/);
const valueName = fc.stringMatching(/^[\w/.:]{1,12}$/);
const segment = fc.oneof(name, fc.nat({ max: 40 }).map(String));
const anySegment = fc.oneof(segment, fc.constant("*"));

const inputSpec = (named: boolean, output: boolean) =>
  fc.record(
    {
      split_dim: dim,
      expected_dims: expected,
      split_output: fc.constant(output),
      ...(named ? { value: valueName } : {}),
    },
    { requiredKeys: output ? ["split_dim", "split_output"] : ["split_dim"] },
  );

const outputSpec = (named: boolean) =>
  fc.record(
    { gather_dim: dim, expected_dims: expected, ...(named ? { value: valueName } : {}) },
    { requiredKeys: ["gather_dim"] },
  );

const inputs = (named: boolean) =>
  fc
    .tuple(
      fc.dictionary(
        name,
        fc.oneof(inputSpec(named, false), fc.array(inputSpec(named, false), { minLength: 1, maxLength: 3 })),
        { minKeys: 1, maxKeys: 3 },
      ),
      fc.dictionary(fc.nat({ max: 12 }).map(String), inputSpec(named, true), { maxKeys: 2 }),
    )
    .map(([byName, byIndex]) => ({ ...byName, ...byIndex }));

const outputs = (named: boolean) =>
  fc.oneof(
    outputSpec(named),
    fc
      .array(fc.option(outputSpec(named)), { minLength: 1, maxLength: 3 })
      .filter((list) => list.some((spec) => spec !== null)),
  );

const entry = (named: boolean) => fc.oneof(inputs(named), outputs(named), fc.tuple(inputs(named), outputs(named)));

/** `named`: with `value`, which cannot stand under a `*`. */
const entries = (named: boolean) =>
  fc.dictionary(
    fc.oneof(
      fc.array(named ? segment : anySegment, { minLength: 1, maxLength: 4 }).map((path) => path.join(".")),
      fc.constant(""),
    ),
    entry(named),
    { minKeys: 1, maxKeys: 4 },
  );

const attention = fc.dictionary(
  fc.oneof(
    fc.array(anySegment, { minLength: 1, maxLength: 4 }).map((path) => path.join(".")),
    fc.constant(""),
  ),
  fc.constantFrom<AttentionScheme>("gather", "ulysses", "ring", "unified"),
  { maxKeys: 3 },
);

/** A plan that is right in every respect that can be checked without a model. */
export const plans: fc.Arbitrary<ContextParallelPlan> = fc
  .tuple(entries(false), entries(true), fc.option(fc.string()), fc.option(attention))
  .map(([patterns, modules, comment, $attention]) => ({
    ...(comment === null ? {} : { $comment: comment }),
    ...($attention === null ? {} : { $attention }),
    ...patterns,
    ...modules,
  }));
