/**
 * @file Views compared with index arithmetic. Every chain of Transposes and Reshapes, composed as a view and rewritten in fewer steps,
 * moves every element to the same position.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stepsOf, type Step } from "../../../compiler/canonical/rewrites/views/arrange.ts";
import {
  expand,
  hasRepeat,
  permute,
  regroup,
  viewOf,
  type View,
} from "../../../compiler/canonical/rewrites/views/views.ts";
import type { Expr } from "../../../compiler/expr/expr.ts";

interface Numbered {
  readonly dims: readonly number[];
  readonly data: readonly number[];
}

const size = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);

function transpose({ dims, data }: Numbered, perm: readonly number[]): Numbered {
  const out = perm.map((p) => dims[p]!);
  const strides = dims.map((_, i) => size(dims.slice(i + 1)));
  const moved = Array.from({ length: data.length }, (_, at) => {
    let rest = at;
    let from = 0;
    for (let i = out.length - 1; i >= 0; i--) {
      from += (rest % out[i]!) * strides[perm[i]!]!;
      rest = Math.floor(rest / out[i]!);
    }
    return data[from]!;
  });
  return { dims: out, data: moved };
}

const apply = (x: Numbered, step: Step): Numbered =>
  step.kind === "transpose" ? transpose(x, step.perm) : { dims: step.dims as readonly number[], data: x.data };

/** A step that fits extents of rank n: a permutation, or a split or merge of neighbours, or an axis of extent 1. */
type Move =
  | { readonly kind: "permute"; readonly seed: number }
  | { readonly kind: "merge" | "split" | "one"; readonly at: number };

const move: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ kind: fc.constant("permute" as const), seed: fc.nat(1000) }),
  fc.record({ kind: fc.constantFrom("merge" as const, "split" as const, "one" as const), at: fc.nat(9) }),
);

function stepFor(dims: readonly number[], m: Move): Step {
  if (m.kind === "permute") {
    let state = m.seed;
    const perm = dims.map((_, i) => i);
    for (let i = perm.length - 1; i > 0; i--) {
      state = (state * 75 + 74) % 65537;
      const j = state % (i + 1);
      [perm[i], perm[j]] = [perm[j]!, perm[i]!];
    }
    return { kind: "transpose", perm, dims: perm.map((p) => dims[p]!) };
  }
  const at = m.at % Math.max(1, dims.length);
  if (m.kind === "one")
    return { kind: "reshape", dims: dims[at] === 1 ? dims.toSpliced(at, 1) : dims.toSpliced(at, 0, 1) };
  if (m.kind === "merge" && dims.length > 1) {
    const first = Math.min(at, dims.length - 2);
    return { kind: "reshape", dims: dims.toSpliced(first, 2, dims[first]! * dims[first + 1]!) };
  }
  const divisor = [2, 3, 5].find((d) => dims[at]! % d === 0 && dims[at]! > d) ?? 1;
  return { kind: "reshape", dims: dims.toSpliced(at, 1, divisor, dims[at]! / divisor) };
}

const push = (view: View, step: Step): View | null =>
  step.kind === "transpose" ? permute(view, step.perm) : regroup(view, step.dims);

describe("views", () => {
  test("a chain as one view moves every element as its steps do, in at most three", () => {
    let followed = 0;
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
        fc.array(move, { maxLength: 6 }),
        (dims, moves) => {
          const start: Numbered = { dims, data: Array.from({ length: size(dims) }, (_, i) => i) };
          let [x, view] = [start, viewOf(dims) as View | null];
          for (const m of moves) {
            const step = stepFor(x.dims, m);
            x = apply(x, step);
            view = view && push(view, step);
          }
          if (view === null) return;
          followed += 1;
          const steps = stepsOf(view)!;
          expect(steps.length).toBeLessThanOrEqual(3);
          expect(steps.reduce(apply, start)).toEqual(x);
        },
      ),
      { seed: 1, numRuns: 500 },
    );
    expect(followed).toBeGreaterThan(400);
  });

  const named = (
    dims: readonly Expr[],
    ...steps: readonly (readonly Expr[] | { readonly perm: readonly number[] })[]
  ): View => steps.reduce<View>((v, s) => ("perm" in s ? permute(v, s.perm) : regroup(v, s)!), viewOf(dims));

  test("a chain that undoes itself takes no step", () => {
    const view = named(["B", "S", 4, 8], { perm: [0, 2, 1, 3] }, [["*", 4, "B"], "S", 8], ["B", 4, "S", 8], {
      perm: [0, 2, 1, 3],
    });
    expect(stepsOf(view)).toEqual([]);
  });

  test("heads are split off and turned in two steps", () => {
    const view = named(["S", "B", 32], ["S", ["*", 4, "B"], 8], { perm: [1, 0, 2] }, ["B", 4, "S", 8]);
    expect(stepsOf(view)?.map((s) => s.kind)).toEqual(["reshape", "transpose"]);
  });

  test("extents of one size and other names are no reason to merge them", () => {
    expect(regroup(viewOf(["S", "T"]), ["T", "S"])).toBeNull();
    expect(regroup(viewOf(["S", 6]), [6, "S"])).toBeNull();
  });

  test("an extent that depends on data can be permuted and left open once, not twice", () => {
    const open = "?x.0";
    expect(stepsOf(named([open, "S"], { perm: [1, 0] }))).toHaveLength(1);
    expect(stepsOf(named([open, 4, 8], [open, 32]))).toHaveLength(1);
    expect(stepsOf(named([open, "S", 8], [open, ["*", 8, "S"]]))).toBeNull();
  });

  test("an Expand repeats axes of extent 1 and no others", () => {
    expect(hasRepeat(expand(viewOf(["B", 1, 8]), ["B", 4, 8], "r")!)).toBe(true);
    expect(hasRepeat(expand(viewOf(["B", 4, 8]), ["B", 4, 8], "r")!)).toBe(false);
    expect(expand(viewOf(["B", 4, 8]), ["S", 4, 8], "r")).toBeNull();
  });
});
