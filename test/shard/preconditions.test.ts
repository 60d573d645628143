/**
 * @file What a split relies on besides its rule: operands that are known, numbers that all ranks draw alike, names that nothing else has, types that the
 * operator gives, padding that is none. Each case is exact, or refused with the code that is named.
 */
import { expect, it } from "vitest";
import { int } from "../../compiler/graph/attributes.ts";
import type { Attribute, Graph } from "../../compiler/graph/types.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import type { ContextParallelPlan } from "../../compiler/plan/types.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { ortTensor } from "../../ort/tensors.ts";
import type { OrtElem, OrtTensor, OrtTensors } from "../../ort/types.ts";
import { network, type Network } from "../attention/network.ts";
import { compile } from "../mutants/judge.ts";
import { valueOf } from "../support/fixtures.ts";
import { graph, node, random, value } from "../support/graphs.ts";
import { tensorFromInts } from "../../compiler/graph/tensors.ts";
import { meshes } from "../support/meshes.ts";
import { canonicalise } from "../support/stages.ts";
import { LATENTS, unet } from "./places/models.ts";

const ROWS = 7;

/** A network over x (rows, 4), of which `make` gives the result; and what else is fed. */
interface Case {
  readonly make: (n: Network, x: string) => string;
  readonly fed?: OrtTensors;
  readonly elem?: OrtElem;
  readonly result?: OrtElem;
  readonly dims?: readonly (string | number)[];
  readonly opset?: number;
  readonly axis?: number;
  /** Whether the result is split. */
  readonly open?: boolean;
}

async function outcomeOf({ make, fed = {}, ...rest }: Case): Promise<string> {
  const { elem = "float32", result = elem, dims = ["rows", 4], opset = 18, axis = 0, open = true } = rest;
  const n = network();
  const y = make(n, n.input("x", elem, dims));
  const made = n.graph();
  const inputs = [...made.inputs, ...Object.entries(fed).map(([name, t]) => value(name, t.elem, dimsOf(name, t)))];
  const outputs = [value("y", result, null)];
  const whole: Graph = { ...made, inputs, outputs, nodes: [...made.nodes, node("Identity", [y], ["y"])] };
  const opsets = { "": opset, "com.microsoft": 1 };
  const model = { file: "m.onnx", folder: "/", irVersion: 10, opsets, sha256: "0", graph: whole };
  const canonical = await canonicalise(model);
  if (!canonical.ok) return errorsOf(canonical.diagnostics);
  const gather = open ? { gather_dim: axis } : null;
  const plan: ContextParallelPlan = { "": [{ x: { split_dim: axis } }, [gather]] };
  const compiled = await compile({ model, canonical: canonical.value }, plan, meshes["ulysses 3"]);
  if (!compiled.ok) return errorsOf(compiled.diagnostics);
  const sizes = dims.map((d) => (typeof d === "number" ? d : ROWS));
  const report = await simulate(compiled.value, { x: random(7, sizes, elem), ...fed });
  if (!report.ok) return errorsOf(report.diagnostics);
  return report.value.wrong?.diagnostic.message ?? (report.value.differences.has("y") ? "exact" : "not compared");
}

/** An input whose name begins with "p" has rows of its own. */
const dimsOf = (name: string, { dims }: OrtTensor): readonly (string | number)[] =>
  name.startsWith("p") ? ["more", ...dims.slice(1)] : dims;

function errorsOf(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  return [...new Set(errors.map(({ code }) => code))].join();
}

const branch = (taken: Graph): Attribute => ({ kind: "graph", value: taken });

const axes = { axes: ortTensor("int64", [1], [1]) };

/** `p` has `rows` rows; x is padded up to as many. */
const padded = (rows: number): Case => ({
  fed: { p: random(3, [rows, 4]) },
  make: (n, x) => {
    const [own, other] = [x, "p"].map((from) =>
      n.add("", "Shape", [from], { attributes: { start: int(0), end: int(1) } }),
    );
    const missing = n.add("", "Sub", [other!, own!]);
    const none = n.ints(0);
    const pads = n.add("", "Concat", [none, none, missing, none], { attributes: { axis: int(0) } });
    return n.add("", "Pad", [x, pads, n.numbers([], [0.3])]);
  },
});

const drawing = graph({
  outputs: [value("drawn", "float32", [1, 4])],
  nodes: [node("RandomNormalLike", ["ones"], ["drawn"])],
});
const constant = graph({
  outputs: [value("same", "float32", [1, 4])],
  nodes: [node("Identity", ["ones"], ["same"])],
});

/** Elements of a row that are dropped or not, added to all rows. */
const dropped = (training: number): Case => ({
  make: (n, x) => {
    const operands = [n.numbers([1, 4], [1, 2, 3, 4]), n.numbers([], [0.5]), n.numbers([], [training], "bool")];
    return n.add("", "Add", [x, n.add("", "Dropout", operands)]);
  },
});

const quantised = (code: number): Case => ({
  opset: 21,
  result: code === 3 ? "int8" : "uint8",
  make: (n, x) => n.add("", "QuantizeLinear", [x, n.numbers([], [0.02])], { attributes: { output_dtype: int(code) } }),
});

it.each<readonly [string, string, Case]>([
  [
    "a reduction over axes that are fed",
    "CP2501",
    { fed: axes, open: false, make: (n, x) => n.add("", "ReduceSum", [x, "axes"]) },
  ],
  [
    "an axis that a feed removes",
    "CP2501",
    { fed: axes, open: false, dims: ["rows", 1, 4], make: (n, x) => n.add("", "Squeeze", [x, "axes"]) },
  ],
  [
    "sizes that are fed",
    "CP4001",
    {
      fed: { sizes: ortTensor("int64", [3], [1, 2, 12]) },
      dims: [1, 2, 6],
      axis: 2,
      make: (n, x) => n.add("", "Reshape", [n.add("", "Resize", [x, "", "", "sizes"]), n.ints(1, 2, 12)]),
    },
  ],
  ["a Dropout in training", "CP4022", dropped(1)],
  ["a Dropout outside training", "exact", dropped(0)],
  [
    "random numbers in a branch",
    "CP4022",
    {
      fed: { draws: ortTensor("bool", [], [1]), ones: ortTensor("float32", [1, 4], [1, 1, 1, 1]) },
      make: (n, x) => {
        const branches = { then_branch: branch(drawing), else_branch: branch(constant) };
        return n.add("", "Add", [x, n.add("", "If", ["draws"], { attributes: branches })]);
      },
    },
  ],
  ["padding by a difference of lengths", "exact", padded(12)],
  ["padding by no row", "exact", padded(ROWS)],
  ["padding that would crop", "CP6007", padded(5)],
  [
    "scales of groups",
    "exact",
    {
      dims: [2, 4, "rows"],
      axis: 2,
      make: (n, x) => {
        const scale = n.numbers([2], [1, 2]);
        return n.add("", "GroupNormalization", [x, scale, scale], { attributes: { num_groups: int(2) } });
      },
    },
  ],
  ["a type that an attribute names", "exact", quantised(3)],
  ["an attribute that names none", "exact", quantised(0)],
  [
    "statistics in another type than the operand",
    "exact",
    {
      elem: "float16",
      result: "float32",
      make: (n, x) => {
        const normalised = n.add("", "LayerNormalization", [x, n.numbers([4], [1, 2, 3, 4], "float16")], {
          outputs: 3,
        });
        return n.add("", "Add", [`${normalised}.1`, `${normalised}.2`]);
      },
    },
  ],
])("%s: %s", async (_, expected, given) => {
  expect(await outcomeOf(given)).toBe(expected);
});

it.each(["x::slice0", "sum::own", "sum::own::from0", "sum::axes", "running::own"])(
  "a value may have the name %s",
  async (name) => {
    const named = graph({
      inputs: [value("x", "float32", ["rows", 4])],
      outputs: [value("y", "float32", null), value("sum", "float32", null)],
      constants: new Map([["axis", tensorFromInts([0])]]),
      nodes: [
        node("CumSum", ["x", "axis"], ["running"]),
        node("ReduceMean", ["x", "axis"], ["sum"]),
        node("Neg", ["running"], [name]),
        node("Exp", [name], ["y"]),
      ],
    });
    const model = { file: "m.onnx", folder: "/", irVersion: 10, opsets: { "": 18 }, sha256: "0", graph: named };
    const source = { model, canonical: valueOf(await canonicalise(model)) };
    const plan: ContextParallelPlan = { "": [{ x: { split_dim: 0 } }, [{ gather_dim: 0 }, null]] };
    const sharded = valueOf(await compile(source, plan, meshes["ulysses 2"]));
    const { wrong, differences } = valueOf(await simulate(sharded, { x: random(7, [ROWS, 4]) }));
    expect([wrong?.diagnostic.message ?? null, ["y", "sum"].every((x) => differences.has(x))]).toEqual([null, true]);
  },
);

it("a slice that begins before the first element counts from the first", async () => {
  const n = network();
  const x = n.input("x", "float32", ["rows", 4]);
  const mask = n.add("", "Slice", [n.input("mask", "bool", [3]), n.ints(-5), n.ints(3)]);
  const places = n.add("", "Transpose", [n.add("", "NonZero", [mask])]);
  n.output("y", n.add("", "Add", [n.add("", "GatherND", [x, places]), n.input("z", "float32", ["picked", 4])]), [
    null,
    4,
  ]);
  const model = { file: "m.onnx", folder: "/", irVersion: 10, opsets: { "": 18 }, sha256: "0", graph: n.graph() };
  const source = { model, canonical: valueOf(await canonicalise(model)) };
  const plan: ContextParallelPlan = { "": [{ z: { split_dim: 0 } }, { gather_dim: 0 }] };
  const sharded = valueOf(await compile(source, plan, meshes["ulysses 2"]));
  const feeds = { x: random(1, [6, 4]), mask: ortTensor("bool", [3], [1, 1, 1]), z: random(2, [3, 4]) };
  expect(valueOf(await simulate(sharded, feeds)).wrong).toBeNull();
});

it.each(["one rank", "batch 2"] as const)(
  "rows that meet after windows need no exchange where a rank has all: %s",
  async (name) => {
    const model = { file: "m.onnx", folder: "/", irVersion: 10, opsets: { "": 18 }, sha256: "0", graph: unet() };
    const source = { model, canonical: valueOf(await canonicalise(model)) };
    const plan: ContextParallelPlan = { "": [{ sample: { split_dim: 2 } }, { gather_dim: 2 }] };
    const sharded = valueOf(await compile(source, plan, meshes[name]));
    const { wrong, compared } = valueOf(await simulate(sharded, { sample: random(3, [2, LATENTS, 14, 6]) }));
    expect([wrong?.diagnostic.message ?? null, compared > 20]).toEqual([null, true]);
  },
);
