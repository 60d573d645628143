/**
 * @file Two small models by which a device is compared with the CPU, with feeds: plain operators, and the attention kernel. Runs nothing.
 */
import { float, int, ints } from "../../compiler/graph/attributes.ts";
import { sizeOf } from "../../compiler/graph/elements.ts";
import { tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import type { Attributes, GraphValue, Node, Tensor } from "../../compiler/graph/types.ts";
import { writeModel } from "../../compiler/graph/write.ts";
import { ortTensor } from "../tensors.ts";
import type { OrtElem, OrtTensor, OrtTensors } from "../types.ts";

export interface SmallModel {
  readonly model: Uint8Array;
  readonly feeds: OrtTensors;
}

/** Kernels for GPUs have other code for more rows than one workgroup computes: 32 is the largest in use. */
const ROWS = 40;
const HEADS = 4;
/** Kernels that read four numbers at once take sizes that divide by 4. */
const SIZE = 8;
const WIDTH = HEADS * SIZE;

/** Norm, product, bias, heads, softmax, product: each operator that every transformer has. All extents are numbers. */
export function plainModel(): SmallModel {
  const nodes = [
    node("ReduceMean", ["x", "last"], "mean"),
    node("Sub", ["x", "mean"], "centred"),
    node("Mul", ["centred", "centred"], "squares"),
    node("ReduceMean", ["squares", "last"], "variance"),
    node("Sqrt", ["variance"], "deviation"),
    node("Div", ["centred", "deviation"], "normal"),
    node("MatMul", ["normal", "w"], "product"),
    node("Add", ["product", "b"], "linear"),
    node("Reshape", ["linear", "heads"], "apart"),
    node("Transpose", ["apart"], "rows", { perm: ints([0, 2, 1, 3]) }),
    node("Transpose", ["apart"], "columns", { perm: ints([0, 2, 3, 1]) }),
    node("MatMul", ["rows", "columns"], "logits"),
    node("Softmax", ["logits"], "weights", { axis: int(-1) }),
    node("MatMul", ["weights", "rows"], "y"),
  ];
  const constants: Readonly<Record<string, Tensor>> = {
    w: tensorFromNumbers("float32", [WIDTH, WIDTH], numbers(WIDTH * WIDTH, 2)),
    b: tensorFromNumbers("float32", [WIDTH], numbers(WIDTH, 3)),
    last: tensorFromNumbers("int64", [1], [-1]),
    heads: tensorFromNumbers("int64", [4], [1, ROWS, HEADS, SIZE]),
  };
  return modelOf({ x: [1, ROWS, WIDTH] }, { y: [1, HEADS, ROWS, SIZE] }, nodes, constants);
}

/** One `MultiHeadAttention`, as pieces have it. */
export function kernelModel(): SmallModel {
  const attributes = { num_heads: int(HEADS), scale: float(1 / Math.sqrt(SIZE)) };
  const dims = [1, ROWS, WIDTH];
  const attention = { ...node("MultiHeadAttention", ["q", "k", "v"], "y", attributes), domain: "com.microsoft" };
  return modelOf({ q: dims, k: dims, v: dims }, { y: dims }, [attention], {});
}

type Shapes = Readonly<Record<string, readonly number[]>>;

function modelOf(
  inputs: Shapes,
  outputs: Shapes,
  nodes: readonly Node[],
  constants: Readonly<Record<string, Tensor>>,
): SmallModel {
  const values = (shapes: Shapes): readonly GraphValue[] =>
    Object.entries(shapes).map(([name, dims]) => ({ name, type: { elem: "float32", dims } }));
  const graph = {
    name: "device_check",
    inputs: values(inputs),
    outputs: values(outputs),
    nodes,
    constants: new Map(Object.entries(constants)),
    types: new Map(),
  };
  const feeds = Object.entries(inputs).map(([name, dims], i) => [name, sampleTensor("float32", dims, i + 1)] as const);
  const model = writeModel(graph, { opsets: { "": 18, "com.microsoft": 1 } });
  return { model, feeds: Object.fromEntries(feeds) };
}

function node(op: string, inputs: readonly string[], output: string, attributes: Attributes = {}): Node {
  return { name: `${output}/node`, op, domain: "", inputs, outputs: [output], attributes, metadata: {} };
}

/**
 * The same numbers for the same `seed`: of a floating type in [-1, 1), booleans of which three in four are true, and zeros as integers,
 * which are valid wherever they are an index.
 */
export function sampleTensor(elem: OrtElem, dims: readonly number[], seed: number): OrtTensor {
  const drawn = numbers(sizeOf(dims), seed);
  if (elem === "bool")
    return ortTensor(
      elem,
      dims,
      drawn.map((x) => (x < 0.5 ? 1 : 0)),
    );
  return ortTensor(elem, dims, elem.startsWith("float") ? drawn : drawn.map(() => 0));
}

/** In [-1, 1), from a linear congruential generator. */
function numbers(count: number, seed: number): readonly number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}
