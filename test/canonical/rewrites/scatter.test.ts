/**
 * @file Slice assignments that overwrite the first value completely become Concats, bit for bit; others stay. Constant fills.
 */
import { describe, expect, test } from "vitest";
import { rewrite } from "../../../compiler/canonical/rewrites/index.ts";
import { int } from "../../../compiler/graph/attributes.ts";
import { tensorFromInts, tensorFromNumbers } from "../../../compiler/graph/tensors.ts";
import { pattern, type Pattern } from "./build.ts";
import { printGraph } from "../../../compiler/ir/print.ts";
import { count, expectSame } from "./check.ts";

const range = (start: number, step: number, length: number): readonly number[] =>
  Array.from({ length }, (_, i) => start + step * i);

/** Indices (count, 1) of the first axis. */
const firstAxis = (p: Pattern, start: number, step: number, length: number): string =>
  p.constant(tensorFromNumbers("int64", [length, 1], range(start, step, length)));

/** As dynamo writes `out[..., start::2] = x`: turned, scattered along the first axis, turned back. */
const turnedAssign = (p: Pattern, out: string, start: number, x: string): string => {
  const scattered = p.node("ScatterND", [
    p.transpose(out, 3, 1, 2, 0),
    firstAxis(p, start, 2, 4),
    p.transpose(x, 3, 1, 2, 0),
  ]);
  return p.transpose(scattered, 3, 1, 2, 0);
};

/** As TorchScript writes it: a grid of indices of all axes, each one a broadcast range. */
const gridAssign = (p: Pattern, out: string, start: number, x: string): string => {
  const zero = p.constant(tensorFromNumbers("int64", [], [0]));
  const one = p.constant(tensorFromNumbers("int64", [], [1]));
  const length = p.node("Gather", [p.node("Shape", [x]), one]);
  const every = p.node("Slice", [
    p.constant(tensorFromInts(range(0, 1, 8))),
    p.ints(start),
    p.ints(100),
    p.ints(0),
    p.ints(2),
  ]);
  const parts = [
    p.constant(tensorFromNumbers("int64", [1, 1, 1, 1], [0])),
    p.node("Unsqueeze", [p.node("Range", [zero, length, one]), p.ints(1, 2)]),
    p.constant(tensorFromNumbers("int64", [4, 1], [0, 1, 2, 3])),
    p.node("Add", [every, p.constant(tensorFromNumbers("int64", [1], [0]))]),
  ].map((index) => p.node("Unsqueeze", [p.node("Expand", [index, p.node("Shape", [x])]), p.ints(-1)]));
  return p.node("ScatterND", [out, p.node("Concat", parts, { attributes: { axis: int(-1) } }), x]);
};

const zeros = (p: Pattern, like: string): string => p.node("Expand", [p.scalar(0), p.node("Shape", [like])]);

const covering: Readonly<Record<string, (p: Pattern) => string>> = {
  turned: (p) => {
    const [a, b] = [p.input("a", ["B", "S", 4, 4]), p.input("b", ["B", "S", 4, 4])];
    return turnedAssign(p, turnedAssign(p, zeros(p, p.input("like", ["B", "S", 4, 8])), 0, a), 1, b);
  },
  grid: (p) => {
    const [a, b] = [p.input("a", [1, "S", 4, 4]), p.input("b", [1, "S", 4, 4])];
    return gridAssign(p, gridAssign(p, zeros(p, p.input("like", [1, "S", 4, 8])), 0, a), 1, b);
  },
  "odd first": (p) => {
    const [a, b] = [p.input("a", ["B", "S", 4, 4]), p.input("b", ["B", "S", 4, 4])];
    return turnedAssign(p, turnedAssign(p, zeros(p, p.input("like", ["B", "S", 4, 8])), 1, a), 0, b);
  },
  neighbours: (p) => {
    const once = p.node("ScatterND", [p.input("x", [5, "S"]), firstAxis(p, 0, 1, 2), p.input("a", [2, "S"])]);
    return p.node("ScatterND", [once, firstAxis(p, 2, 1, 3), p.input("b", [3, "S"])]);
  },
  "one by one": (p) => {
    const once = p.node("ScatterND", [p.input("x", [2, "S"]), firstAxis(p, 1, 1, 1), p.input("a", [1, "S"])]);
    return p.node("ScatterND", [once, firstAxis(p, 0, 1, 1), p.input("b", [1, "S"])]);
  },
  whole: (p) => p.node("ScatterND", [p.input("x", [3, "S"]), firstAxis(p, 0, 1, 3), p.input("a", [3, "S"])]),
};

describe("assignments that cover a value", () => {
  test.each(Object.entries(covering))("%s", async (name, write) => {
    const p = pattern();
    const before = p.build(write(p));
    const after = rewrite(before);
    expect(count(after, "ScatterND")).toBe(0);
    expect(count(after, "Fill")).toBe(0);
    await expect(printGraph(after)).toMatchFileSnapshot(`golden/scatter-${name.replaceAll(" ", "-")}.txt`);
    await expectSame(before, after);
  });

  test("a first assignment that something else reads stays for it", async () => {
    const p = pattern();
    const [a, b] = [p.input("a", ["B", "S", 4, 4]), p.input("b", ["B", "S", 4, 4])];
    const first = turnedAssign(p, zeros(p, p.input("like", ["B", "S", 4, 8])), 1, a);
    const before = p.build(turnedAssign(p, first, 0, b), p.node("Abs", [first]));
    const after = rewrite(before);
    expect(count(after, "ScatterND")).toBe(1);
    await expectSame(before, after);
  });
});

test.each([
  ["at the beginning", 0, 3, 1],
  ["in the middle", 2, 3, 2],
  ["at the end", 4, 3, 1],
])("a stretch %s is joined to the rest", async (_, start, length, rest) => {
  const p = pattern();
  const scattered = [p.input("x", [7, "S"]), firstAxis(p, start, 1, length), p.input("a", [length, "S"])];
  const before = p.build(p.node("ScatterND", scattered));
  const after = rewrite(before);
  expect(count(after, "ScatterND")).toBe(0);
  expect([count(after, "Concat"), count(after, "Slice")]).toEqual([1, rest]);
  await expectSame(before, after);
});

/** As dynamo writes `x[:, t:] = a`, where t is a length: a slice of a range, as indices of the first axis. */
const tailAssign = (p: Pattern, x: string, from: string, a: string, to?: string): string => {
  const [zero, one] = [0, 1].map((n) => p.constant(tensorFromNumbers("int64", [], [n])));
  const length = p.node("Gather", [p.node("Shape", [x]), zero!]);
  const rows = p.node("Range", [zero!, length, one!]);
  const taken = p.node("Slice", [rows, from, to ?? p.ints(Number.MAX_SAFE_INTEGER), p.ints(0), p.ints(1)]);
  return p.node("ScatterND", [x, p.node("Unsqueeze", [taken, p.ints(-1)]), a]);
};
const lengthOf = (p: Pattern, value: string): string =>
  p.node("Shape", [value], { attributes: { start: int(0), end: int(1) } });

describe("a stretch between lengths", () => {
  const joined = (p: Pattern): string =>
    p.node("Concat", [p.input("txt", ["T", 3]), p.input("img", ["S", 3])], { attributes: { axis: int(0) } });
  test.each<readonly [string, number, (p: Pattern) => string]>([
    ["from a length to the end", 1, (p) => tailAssign(p, joined(p), lengthOf(p, "txt"), p.input("a", ["S", 3]))],
    ["up to a length", 1, (p) => tailAssign(p, joined(p), p.ints(0), p.input("a", ["T", 3]), lengthOf(p, "txt"))],
    [
      "both, one after the other",
      0,
      (p) => {
        const head = tailAssign(p, joined(p), p.ints(0), p.input("a", ["T", 3]), lengthOf(p, "txt"));
        return tailAssign(p, head, lengthOf(p, "txt"), p.input("b", ["S", 3]));
      },
    ],
  ])("%s", async (_, slices, write) => {
    const p = pattern();
    const before = p.build(write(p));
    const after = rewrite(before);
    expect([count(after, "ScatterND"), count(after, "Slice")]).toEqual([0, slices]);
    await expectSame(before, after);
  });

  test("stays where it may be longer than the value", () => {
    const p = pattern();
    const x = p.input("x", ["S", 3]);
    const length = lengthOf(p, p.input("txt", ["T", 3]));
    const before = p.build(tailAssign(p, x, length, p.input("a", ["R", 3])));
    expect(count(rewrite(before), "ScatterND")).toBe(1);
  });
});

describe("assignments that stay", () => {
  test.each<readonly [string, (p: Pattern) => string]>([
    [
      "only the even rows",
      (p) => p.node("ScatterND", [p.input("x", [4, "S"]), firstAxis(p, 0, 2, 2), p.input("a", [2, "S"])]),
    ],
    [
      "rows written twice",
      (p) => {
        const once = p.node("ScatterND", [p.input("x", [4, "S"]), firstAxis(p, 0, 2, 2), p.input("a", [2, "S"])]);
        return p.node("ScatterND", [once, firstAxis(p, 0, 2, 2), p.input("b", [2, "S"])]);
      },
    ],
    [
      "rows in another order",
      (p) =>
        p.node("ScatterND", [
          p.input("x", [3, "S"]),
          p.constant(tensorFromNumbers("int64", [3, 1], [0, 2, 1])),
          p.input("a", [3, "S"]),
        ]),
    ],
    [
      "rows from the end",
      (p) =>
        p.node("ScatterND", [
          p.input("x", [3, "S"]),
          p.constant(tensorFromNumbers("int64", [3, 1], [2, 1, 0])),
          p.input("a", [3, "S"]),
        ]),
    ],
    [
      "added instead of assigned",
      (p) =>
        p.node("ScatterND", [p.input("x", [3, "S"]), firstAxis(p, 0, 1, 3), p.input("a", [3, "S"])], {
          attributes: { reduction: { kind: "string", value: "add" } },
        }),
    ],
    [
      "indices that are no slice of each axis",
      (p) =>
        p.node("ScatterND", [
          p.input("x", [2, 2]),
          p.constant(tensorFromNumbers("int64", [2, 2], [0, 0, 1, 1])),
          p.input("a", [2]),
        ]),
    ],
  ])("%s", async (_, write) => {
    const p = pattern();
    const before = p.build(write(p));
    const after = rewrite(before);
    expect(after.nodes).toEqual(before.nodes);
    await expectSame(before, after);
  });
});

test("rows whose extent has another name stay: the operator requires that both are equal", () => {
  const p = pattern();
  const before = p.build(p.node("ScatterND", [p.input("x", [3, "S"]), firstAxis(p, 0, 1, 3), p.input("a", [3, "T"])]));
  expect(rewrite(before).nodes).toEqual(before.nodes);
});

describe("fills", () => {
  test("Expand of one number and ConstantOfShape", async () => {
    const p = pattern();
    const shape = p.node("Shape", [p.input("x", ["B", "S"])]);
    const filled = { kind: "tensor", value: tensorFromNumbers("int64", [1], [3]) } as const;
    const before = p.build(
      p.node("Expand", [p.scalar(2, [1, 1]), shape]),
      p.node("ConstantOfShape", [shape]),
      p.node("ConstantOfShape", [shape], { attributes: { value: filled } }),
    );
    const after = rewrite(before);
    expect(after.nodes.map((n) => n.op)).toEqual(["Fill", "Fill", "Fill"]);
    expect(after.nodes.map((n) => after.integers.get(n.inputs[0]!)?.elements)).toEqual([
      ["B", "S"],
      ["B", "S"],
      ["B", "S"],
    ]);
    await expectSame(before, after);
  });

  test("an Expand of several numbers stays", () => {
    const p = pattern();
    const shape = p.node("Shape", [p.input("x", ["S", 2])]);
    const before = p.build(p.node("Expand", [p.constant(tensorFromNumbers("float32", [2], [1, 1])), shape]));
    expect(rewrite(before).nodes).toEqual(before.nodes);
  });
});
