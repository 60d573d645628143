/**
 * @file Printed graphs are complete: the test language reads each back to the same graph, with the nodes of a plan, and with names, numbers
 * and attributes of every kind. test/canonical/fixtures.test.ts does the same for the exports.
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { add, chunk, floorDiv, max, min, mod, mul, type Expr } from "../../compiler/expr/expr.ts";
import { tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import type { Attribute, Tensor } from "../../compiler/graph/types.ts";
import { printGraph } from "../../compiler/ir/print.ts";
import { floatText } from "../../compiler/ir/text.ts";
import type { CanonicalGraph, IntegerValue, ValueShape } from "../../compiler/ir/types.ts";
import { boundFixture, shippedPlan } from "../support/compiled.ts";
import { Cursor } from "../support/language/cursor.ts";
import { graphFrom } from "../support/language/graph.ts";
import { lostInPrint } from "../support/language/readable.ts";

test.each(["flux", "wan", "ltx2"])("a bound graph is read back to the same: %s", async (family) => {
  const file = `${family}/${family}.dynamo18-dynamic.onnx`;
  expect(lostInPrint((await boundFixture(file, shippedPlan(family))).graph)).toEqual([]);
});

test("a length that data decide is read back with what it counts", () => {
  const text =
    "length c: mask [b*txt, 2*b*txt] >= 0.5\nin mask float32 [b, txt]\ny = Relu(mask) -> float32 [b, txt]\nout y\n";
  const graph = graphFrom(text);
  expect(graph.lengths).toEqual([
    {
      name: "c",
      sources: [],
      count: { input: "mask", from: mul("b", "txt"), to: mul(2, "b", "txt"), compare: ">=", than: 0.5 },
    },
  ]);
  expect(printGraph(graph)).toContain("length c: mask [b*txt, 2*b*txt] >= 0.5\n");
});

const names = fc.oneof(
  fc.constantFrom(
    "x",
    "a.b",
    "/block.0/Add_output_0",
    "val_7",
    "in",
    "out",
    "const",
    "w::operand1",
    "each",
    "int",
    "as",
  ),
  fc.constantFrom(
    "two words",
    'a "quote"',
    "x->y",
    "f(x)",
    "a,b",
    "p=q",
    "# note",
    "back\\slash",
    "{",
    "a:",
    "-",
    "1e5",
  ),
  fc.string({ minLength: 1, maxLength: 6 }),
);

const lengths = fc.constantFrom<Expr>(
  "img",
  "txt",
  "rank",
  "a.0",
  "img + txt",
  "batch size",
  "?v.1",
  "?/a/b.0",
  "min",
  "2d",
);

const extents: fc.Arbitrary<Expr> = fc.letrec<{ expr: Expr }>((tie) => ({
  expr: fc.oneof(
    { depthSize: "small" },
    fc.nat(99),
    lengths,
    fc.tuple(tie("expr"), tie("expr")).map(([a, b]) => add(a, b)),
    fc.tuple(tie("expr"), fc.integer({ min: -3, max: 5 })).map(([a, b]) => mul(a, b)),
    fc.tuple(lengths, lengths).map(([a, b]) => mul(a, b)),
    fc.tuple(tie("expr"), fc.integer({ min: 2, max: 9 })).map(([a, b]) => floorDiv(a, b)),
    fc.tuple(tie("expr"), fc.integer({ min: 2, max: 9 })).map(([a, b]) => mod(a, b)),
    fc.tuple(tie("expr"), tie("expr")).map(([a, b]) => min(a, b)),
    fc.tuple(tie("expr"), tie("expr")).map(([a, b]) => max(a, b)),
    fc.tuple(lengths, fc.integer({ min: 2, max: 9 }), lengths).map(([a, n, b]) => chunk("sequence", a, n, b)),
  ),
})).expr;

const elems = fc.constantFrom("float32", "float16", "bfloat16", "float64", "int64", "int32", "uint8", "bool");
const shapes: fc.Arbitrary<ValueShape> = fc.record({ elem: elems, dims: fc.array(extents, { maxLength: 4 }) });

const numbers = fc.oneof(fc.double(), fc.float(), fc.constantFrom(0, -0, 0.1, 1e-6, 1, Infinity, -Infinity, NaN));
const tensors: fc.Arbitrary<Tensor> = fc.tuple(elems, fc.array(fc.nat(3), { maxLength: 3 })).chain(([elem, dims]) => {
  const count = dims.reduce((a, b) => a * b, 1);
  const element = elem.includes("float") ? numbers : fc.nat(100);
  const values = fc.array(element, { minLength: count, maxLength: count });
  return values.map((list) => tensorFromNumbers(elem, dims, list));
});

const attributes: fc.Arbitrary<Attribute> = fc.oneof(
  fc.maxSafeInteger().map((value) => ({ kind: "int", value }) as const),
  numbers.map((value) => ({ kind: "float", value }) as const),
  fc.string().map((value) => ({ kind: "string", value }) as const),
  fc.array(fc.integer(), { maxLength: 3 }).map((value) => ({ kind: "ints", value }) as const),
  fc.array(numbers, { maxLength: 3 }).map((value) => ({ kind: "floats", value }) as const),
  fc.array(fc.string(), { maxLength: 3 }).map((value) => ({ kind: "strings", value }) as const),
  tensors
    .filter((t) => t.dims.every((d) => d < 3) && t.dims.length < 3)
    .map((value) => ({ kind: "tensor", value }) as const),
);

const integers: fc.Arbitrary<IntegerValue> = fc.oneof(
  extents.map((e) => ({ elem: "int64", dims: [], elements: [e] }) as const),
  fc
    .tuple(fc.constantFrom("int64", "int32"), fc.array(extents, { maxLength: 12 }))
    .map(([elem, elements]) => ({ elem, dims: [elements.length], elements }) as const),
);

/** One node after the other, each of inputs, constants, integers and what came before. */
const graphs: fc.Arbitrary<CanonicalGraph> = fc
  .record({
    values: fc.uniqueArray(names, { minLength: 8, maxLength: 14 }),
    inputs: fc.array(shapes, { minLength: 1, maxLength: 2 }),
    constants: fc.array(tensors, { maxLength: 2 }),
    integers: fc.array(integers, { maxLength: 3 }),
    nodes: fc.array(
      fc.record({
        op: fc.constantFrom("Add", "Op_1"),
        domain: fc.constantFrom("", "cp", "com.microsoft"),
        reads: fc.array(fc.nat(), { maxLength: 3 }),
        attributes: fc.dictionary(fc.constantFrom("axis", "a b", "x.y"), attributes),
        scope: fc.constantFrom("", "a", "a.b", "blocks.0.c", "odd name"),
        shape: shapes,
        name: fc.option(names, { nil: null }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    className: fc.option(names, { nil: null }),
  })
  .map((parts) => {
    const free = [...parts.values];
    const named = <T>(list: readonly T[]) => list.map((item) => [free.pop()!, item] as const).filter(([name]) => name);
    const inputs = named(parts.inputs).map(([name, shape]) => ({ name, shape }));
    const [constants, lists] = [named(parts.constants), named(parts.integers)];
    const known = [...inputs.map((i) => i.name), ...constants.map(([n]) => n), ...lists.map(([n]) => n)];
    const made = new Map<string, ValueShape>();
    const nodes = named(parts.nodes).map(([output, { reads, shape, name, ...rest }]) => {
      const inside = reads.map((at) => known[at % known.length]!);
      known.push(output);
      made.set(output, shape);
      return { ...rest, name: name ?? `node_${output}`, inputs: inside, outputs: [output] };
    });
    const small = constants.flatMap(([name, t]) => (isSmall(t) ? [[name, integersOf(t)] as const] : []));
    const modules = ["", ...nodes.flatMap((n) => (n.scope === "" ? [] : [n.scope])), "a", "blocks.0", "blocks.9"];
    const typed = [...constants, ...lists].map(([name, { elem, dims }]) => [name, { elem, dims }] as const);
    const classOf = (path: string): string | null => (path === "a" ? parts.className : null);
    return {
      inputs,
      outputs: [...made.keys()],
      nodes,
      constants: new Map(constants),
      integers: new Map([...lists, ...small]),
      shapes: new Map<string, ValueShape>([...inputs.map((i) => [i.name, i.shape] as const), ...typed, ...made]),
      lengths: [{ name: "img", sources: [{ input: inputs[0]!.name, axis: 0 }] }],
      markers: [{ module: "", side: "input", parameter: "p", index: 1, value: inputs[0]!.name }],
      modules: new Map(modules.map((path) => [path, { path, className: classOf(path) }])),
      opsets: { "": 18, cp: 1 },
      prefix: parts.className,
    } satisfies CanonicalGraph;
  });

function isSmall({ elem, dims }: Tensor): boolean {
  return (elem === "int64" || elem === "int32") && dims.length < 2 && (dims[0] ?? 1) <= 8;
}

function integersOf(tensor: Tensor): IntegerValue {
  const { data, dims } = tensor;
  const bytes = data.kind === "inline" ? data.bytes : new Uint8Array();
  const list = tensor.elem === "int64" ? new BigInt64Array(bytes.buffer) : new Int32Array(bytes.buffer);
  return { elem: tensor.elem === "int64" ? "int64" : "int32", dims, elements: Array.from(list, Number) };
}

test("any graph is read back to the same", () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      expect(lostInPrint(graph)).toEqual([]);
    }),
    { numRuns: 300, seed: 5 },
  );
});

test("a branch of an If is read back but for what only its file tells", () => {
  const text = [
    "opset 18",
    "length n: x 0",
    "in c bool []",
    "in x float32 [n]",
    '"":',
    '  y = If(c) {else_branch=graph "" (y = Neg(x); out y float32 ["n"]), then_branch=graph b (const w float32 [1] = 0.5; y = Mul(x, w); out y float32)} -> float32 [n]',
    "out y",
  ].join("\n");
  expect(printGraph(graphFrom(text))).toBe(`${text}\n`);
});

test("a constant that is not what the text says is not taken", () => {
  const graph = graphFrom("in x float32 [4]\nconst w float32 [16, 4]\ny = Gemm(x, w) -> [16]\nout y");
  const text = printGraph(graph);
  const other = new Map([
    [
      "w",
      tensorFromNumbers(
        "float32",
        [16, 4],
        Array.from({ length: 64 }, () => 1),
      ),
    ],
  ]);
  expect(() => graphFrom(text, other)).toThrow("the constant w is not given");
  expect(() => graphFrom(text)).toThrow("the constant w is not given");
});

test("numbers are as short as they can be", () => {
  const texts = [1, 0.1, Math.fround(0.1), Math.fround(1e-6), -0, 1 / 3, Math.fround(1 / 3)].map(floatText);
  expect(texts).toEqual(["1.0", "0.1d", "0.1", "0.000001", "-0.0", "0.3333333333333333d", "0.33333334"]);
});

test("extents are read as they are printed", () => {
  const read = (text: string): Expr => new Cursor(text).extent();
  expect(read("2*(img // 2) - 3*txt + 1")).toEqual(add(mul(2, floorDiv("img", 2)), mul(-3, "txt"), 1));
  expect(read("min(img % 4, rank)")).toEqual(min(mod("img", 4), "rank"));
});
