/**
 * @file Spells a model of an older operator set as operator set 18 does, so that nothing after it knows two spellings. Only operators whose
 * attributes or defaults changed are touched, and `Compress`, in every operator set: it is a `NonZero` and a `Gather`. Results stay the same to
 * the last bit.
 */
import { int } from "../../graph/attributes.ts";
import { tensorFromInts } from "../../graph/tensors.ts";
import type { Attribute, Attributes, Graph, Model, Node, Tensor } from "../../graph/types.ts";

/** The operator set that every canonical graph has at least. */
const BASE = 18;

/** What a change may add besides nodes: constants, under names that nothing has. */
interface Additions {
  readonly taken: Set<string>;
  readonly constants: Map<string, Tensor>;
}

/** The nodes that replace a node. */
type Change = (node: Node, added: Additions) => readonly Node[];

interface Changed {
  /** The first operator set with the new spelling. */
  readonly since: number;
  readonly change: Change;
}

const AXES: Changed = { since: 13, change: asOperand("axes") };
const REDUCED: Changed = { since: 18, change: asOperand("axes") };
const ROWS: Changed = { since: 13, change: flattened };

const CHANGES: Readonly<Record<string, readonly Changed[]>> = {
  Squeeze: [AXES],
  Unsqueeze: [AXES],
  ReduceSum: [AXES],
  ReduceL1: [REDUCED],
  ReduceL2: [REDUCED],
  ReduceLogSum: [REDUCED],
  ReduceLogSumExp: [REDUCED],
  ReduceMax: [REDUCED],
  ReduceMean: [REDUCED],
  ReduceMin: [REDUCED],
  ReduceProd: [REDUCED],
  ReduceSumSquare: [REDUCED],
  Softmax: [ROWS],
  LogSoftmax: [ROWS],
  Hardmax: [ROWS],
  // Outside training a Dropout passes its input on, whatever the ratio.
  Dropout: [{ since: 12, change: (node) => [{ ...node, attributes: without(node.attributes, "ratio") }] }],
  Split: [
    { since: 13, change: asOperand("split") },
    { since: 18, change: evenly },
  ],
  Compress: [{ since: Infinity, change: picked }],
  RoiAlign: [{ since: 16, change: withDefault("coordinate_transformation_mode", "output_half_pixel") }],
};

/** The graph in operator set 18 or above, with that set; one without old spellings stays as it is. */
export function upgrade({ graph, opsets }: Pick<Model, "graph" | "opsets">): Pick<Model, "graph" | "opsets"> {
  const opset = opsets[""] ?? BASE;
  if (opset >= BASE && graph.nodes.every(({ op }) => op !== "Compress")) return { graph, opsets };
  const added: Additions = { taken: namesIn(graph), constants: new Map() };
  const upgraded = upgradeGraph(graph, opset, added);
  return {
    graph: { ...upgraded, constants: new Map([...upgraded.constants, ...added.constants]) },
    opsets: { ...opsets, "": Math.max(opset, BASE) },
  };
}

function upgradeGraph(graph: Graph, opset: number, added: Additions): Graph {
  return { ...graph, nodes: graph.nodes.flatMap((node) => upgradeNode(node, opset, added)) };
}

function upgradeNode(node: Node, opset: number, added: Additions): readonly Node[] {
  if (node.domain !== "" && node.domain !== "ai.onnx") return [node];
  const inside = Object.entries(node.attributes).map(([name, attribute]): readonly [string, Attribute] =>
    attribute.kind === "graph"
      ? [name, { kind: "graph", value: upgradeGraph(attribute.value, opset, added) }]
      : [name, attribute],
  );
  const changes = Object.hasOwn(CHANGES, node.op) ? CHANGES[node.op]! : [];
  return changes
    .filter(({ since }) => opset < since)
    .reduce<readonly Node[]>(
      (nodes, { change }) => nodes.flatMap((one) => (one.op === node.op ? change(one, added) : [one])),
      [{ ...node, attributes: Object.fromEntries(inside) }],
    );
}

/** An attribute that became operand 1. */
function asOperand(name: string): Change {
  return (node, added) => {
    const { [name]: values, ...attributes } = node.attributes;
    if (values?.kind !== "ints") return [node];
    const operand = fresh(`${node.name}_${name}`, added);
    added.constants.set(operand, tensorFromInts(values.value));
    return [{ ...node, inputs: [node.inputs[0] ?? "", operand], attributes }];
  };
}

/** Sizes that were left out mean equal ones; the number of outputs must now say so. */
function evenly(node: Node): readonly Node[] {
  if (node.inputs[1]) return [node];
  return [{ ...node, attributes: { ...node.attributes, num_outputs: int(node.outputs.length) } }];
}

/** The rows where a condition holds; without an axis, the elements. */
function picked(node: Node, added: Additions): readonly Node[] {
  const [input = "", condition = ""] = node.inputs;
  const { axis } = node.attributes;
  const name = (what: string): string => fresh(`${node.name}_${what}`, added);
  const [places, numbers, first, all] = ["places", "numbers", "first", "all"].map(name);
  added.constants.set(first!, tensorFromInts([0]));
  const beside = (op: string, inputs: readonly string[], made: string, attributes: Attributes = {}): Node => ({
    ...node,
    name: name(op),
    op,
    inputs,
    outputs: [made],
    attributes,
  });
  if (axis === undefined) added.constants.set(all!, tensorFromInts([-1]));
  const [flat, along] = axis === undefined ? [name("flat"), { axis: int(0) }] : [input, { axis }];
  return [
    beside("NonZero", [condition], places!),
    beside("Squeeze", [places!, first!], numbers!),
    ...(axis === undefined ? [beside("Reshape", [input, all!], flat)] : []),
    { ...node, op: "Gather", inputs: [flat, numbers!], attributes: along },
  ];
}

/** Rows were all axes from `axis` on, taken as one; the default was 1. */
function flattened(node: Node, added: Additions): readonly Node[] {
  const { axis } = node.attributes;
  const at = axis?.kind === "int" ? axis.value : 1;
  const last = { ...node.attributes, axis: int(-1) };
  if (at === -1) return [{ ...node, attributes: last }];
  const [input = ""] = node.inputs;
  const [output = ""] = node.outputs;
  const [shape, flat, rows] = ["shape", "flat", "rows"].map((what) => fresh(`${node.name}_${what}`, added));
  const beside = (op: string, inputs: readonly string[], made: string, attributes: Attributes = {}): Node => ({
    ...node,
    name: fresh(`${node.name}_${op}`, added),
    op,
    inputs,
    outputs: [made],
    attributes,
  });
  return [
    beside("Shape", [input], shape!),
    beside("Flatten", [input], flat!, { axis: int(at) }),
    { ...node, inputs: [flat!], outputs: [rows!], attributes: last },
    beside("Reshape", [rows!, shape!], output, { allowzero: int(1) }),
  ];
}

function withDefault(name: string, value: string): Change {
  return (node) => [{ ...node, attributes: { [name]: { kind: "string", value }, ...node.attributes } }];
}

function without(attributes: Attributes, name: string): Attributes {
  const { [name]: _, ...rest } = attributes;
  return rest;
}

function fresh(preferred: string, { taken }: Additions): string {
  let name = preferred;
  for (let i = 1; taken.has(name); i++) name = `${preferred}_${i}`;
  taken.add(name);
  return name;
}

/** Names of all values and nodes, also of those inside. */
function namesIn(graph: Graph): Set<string> {
  const inside = graph.nodes.flatMap((node) =>
    Object.values(node.attributes).flatMap((one) => (one.kind === "graph" ? [...namesIn(one.value)] : [])),
  );
  const own = graph.nodes.flatMap((node) => [node.name, ...node.inputs, ...node.outputs]);
  const given = [...graph.inputs, ...graph.outputs].map(({ name }) => name);
  return new Set([...inside, ...own, ...given, ...graph.constants.keys()]);
}
