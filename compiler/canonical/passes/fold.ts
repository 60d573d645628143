/**
 * @file Replaces nodes that compute constants by the constants. onnxruntime computes them, so this project needs no kernels. Weights are
 * not read: only small constants inside the model file take part, and results stay small.
 */
import { evaluateGraph } from "../../../ort/evaluate.ts";
import { OrtError, type OrtTensor } from "../../../ort/session.ts";
import { bytesOf } from "../../../ort/tensors.ts";
import type { Expr } from "../../expr/expr.ts";
import { crossingElem, elemBytes, sizeOf } from "../../graph/elements.ts";
import { numbersOf, tensorFromNumbers } from "../../graph/tensors.ts";
import type { Graph, Node, Tensor } from "../../graph/types.ts";
import { overflow } from "./check-nodes.ts";
import { isRandom } from "../../operators/table.ts";
import { staysSmall } from "./fold-sizes.ts";
import type { CanonicalGraph, IntegerValue } from "../../ir/types.ts";

/** Larger constants (in bytes) are neither read nor made. */
const LIMIT = 64 * 1024;

/** Longest chain of constants that is computed: each layer is a session. */
const MOST_LAYERS = 500;

type Opsets = Readonly<Record<string, number>>;
type DimsOf = (value: string) => readonly (Expr | null)[] | null;

/** Folds nodes whose operands are all constants. */
export async function foldConstants(graph: Graph, { opsets }: { readonly opsets: Opsets }): Promise<Graph> {
  const folded = await fold(graph.nodes, graph.constants, (value) => graph.types.get(value)?.dims ?? null, opsets);
  return withConstants(graph, folded);
}

/** Folds nodes whose operands are constants, or integers that are numbers. */
export async function foldKnown(graph: CanonicalGraph): Promise<CanonicalGraph> {
  const numbers = [...graph.integers].flatMap(([name, value]) => {
    const tensor = tensorOf(value);
    return tensor === null ? [] : [[name, tensor] as const];
  });
  const nodes = graph.nodes.map((node): Node => ({ ...node, metadata: {} }));
  const given = new Map([...graph.constants, ...numbers]);
  const folded = await fold(nodes, given, (value) => graph.shapes.get(value)?.dims ?? null, graph.opsets);
  const shapes = new Map(graph.shapes);
  for (const [name, { elem, dims }] of folded) shapes.set(name, { elem, dims });
  return { ...withConstants(graph, folded), shapes };
}

function withConstants<
  G extends { readonly nodes: readonly N[]; readonly constants: ReadonlyMap<string, Tensor> },
  N extends Pick<Node, "outputs">,
>(graph: G, folded: ReadonlyMap<string, Tensor>): G {
  return {
    ...graph,
    nodes: graph.nodes.filter((node) => !node.outputs.every((o) => folded.has(o))),
    constants: new Map([...graph.constants, ...folded]),
  };
}

function tensorOf({ elem, dims, elements }: IntegerValue): Tensor | null {
  const numbers = elements.filter((e) => typeof e === "number");
  return numbers.length < elements.length ? null : tensorFromNumbers(elem, dims, numbers);
}

/** Results of nodes, layer by layer: each layer is one run, and a result that is too large feeds no later layer. */
async function fold(
  nodes: readonly Node[],
  given: ReadonlyMap<string, Tensor>,
  dimsOf: DimsOf,
  opsets: Opsets,
): Promise<ReadonlyMap<string, Tensor>> {
  const constants = new Map([...given].filter(([, tensor]) => isUsable(tensor)));
  const folded = new Map<string, Tensor>();
  let waiting = nodes.filter(
    (node) => isDeterministic(node, constants) && node.outputs.every((o) => !isLarge(dimsOf(o))),
  );
  for (let layers = 0; ; layers++) {
    const ready = waiting.filter((node) => node.inputs.every((i) => i === "" || constants.has(i)));
    if (ready.length === 0 || layers > MOST_LAYERS) return folded;
    const layer = new Set(ready);
    waiting = waiting.filter((node) => !layer.has(node));
    for (const [name, tensor] of await evaluate(
      ready.filter(
        (n) => isSafe(n, constants) && isWorthwhile(n, constants) && staysSmall(n, constants, dimsOf, LIMIT),
      ),
      constants,
      opsets,
    )) {
      folded.set(name, tensor);
      constants.set(name, tensor);
    }
  }
}

function isDeterministic(node: Node, constants: ReadonlyMap<string, Tensor>): boolean {
  const own = node.domain === "" || node.domain === "ai.onnx";
  const hasGraph = Object.values(node.attributes).some((a) => a.kind === "graph");
  const isPlain = own && node.op !== "Dropout" && !isRandom(node, constants) && !hasGraph;
  return isPlain && node.outputs.every((o) => o !== "");
}

/** Whether onnxruntime can compute it without stopping the process. */
function isSafe(node: Node, constants: ReadonlyMap<string, Tensor>): boolean {
  return overflow(node, constants).length === 0;
}

/** A tensor of one repeated float or boolean stays a fill, which needs no storage and takes any layout; no large tensor is made. */
function isWorthwhile({ op, inputs, attributes }: Node, constants: ReadonlyMap<string, Tensor>): boolean {
  if (op !== "ConstantOfShape" && op !== "Expand" && op !== "Tile") return true;
  const sizes = numbersOf(constants.get(inputs.at(-1) ?? "")!);
  if (sizes === null || sizeOf(sizes) > LIMIT) return false;
  const { value } = attributes;
  const filled =
    op === "ConstantOfShape"
      ? value?.kind === "tensor"
        ? value.value.elem
        : "float32"
      : constants.get(inputs[0] ?? "")?.elem;
  return op === "Tile" || sizes.length < 2 || filled === "int64" || filled === "int32";
}

/** Runs independent nodes together; where onnxruntime refuses, in halves, until only the nodes that it cannot run are left out. */
async function evaluate(
  nodes: readonly Node[],
  constants: ReadonlyMap<string, Tensor>,
  opsets: Opsets,
): Promise<ReadonlyMap<string, Tensor>> {
  if (nodes.length === 0) return new Map();
  const read = new Set(nodes.flatMap((n) => n.inputs));
  const operands = new Map([...constants].filter(([name]) => read.has(name)));
  const graph: Graph = { name: "fold", inputs: [], outputs: [], nodes, constants: operands, types: new Map() };
  try {
    // Only operators of ONNX itself are folded; onnxruntime need not know the model's other domains.
    const own = Object.fromEntries(Object.entries(opsets).filter(([domain]) => domain === ""));
    const results = await evaluateGraph(graph, {}, { opsets: own, wanted: nodes.flatMap((n) => n.outputs) });
    return new Map(
      Object.entries(results)
        .map(([name, t]) => [name, fromOrt(t)] as const)
        .filter(([, t]) => isUsable(t)),
    );
  } catch (error) {
    if (!(error instanceof OrtError)) throw error;
    if (nodes.length === 1) return new Map();
    const half = Math.ceil(nodes.length / 2);
    const first = await evaluate(nodes.slice(0, half), constants, opsets);
    return new Map([...first, ...(await evaluate(nodes.slice(half), constants, opsets))]);
  }
}

function fromOrt({ elem, dims, data }: OrtTensor): Tensor {
  return { elem, dims, data: { kind: "inline", bytes: bytesOf(data) } };
}

/** Values of types that cannot cross onnxruntime's API are not folded. */
function isUsable({ elem, dims, data }: Tensor): boolean {
  return (
    data.kind === "inline" &&
    elem !== "string" &&
    crossingElem(elem) === elem &&
    sizeOf(dims) * elemBytes(elem) <= LIMIT
  );
}

/** Known to have more elements than the limit in bytes. */
function isLarge(dims: readonly (Expr | null)[] | null): boolean {
  return dims !== null && sizeOf(dims.map((d) => (typeof d === "number" ? d : 1))) > LIMIT;
}
