/**
 * @file Turns canonical nodes into plain ONNX that onnxruntime runs: the whole graph, one node, or a piece. Integers that are numbers
 * become constants, the others graph inputs. Knows nothing of plans, layouts or sessions.
 */
import { dirname } from "node:path";
import { invariant } from "../diagnostics/diagnose.ts";
import type { Expr } from "../expr/expr.ts";
import { valuesReadBy } from "../graph/reads.ts";
import { tensorFromNumbers } from "../graph/tensors.ts";
import type { Dim, ElemType, Graph, GraphValue, Tensor } from "../graph/types.ts";
import { writeModel } from "../graph/write.ts";
import { emitAttention } from "./attention.ts";
import { emitFinish, emitMerge, emitPart } from "./part.ts";
import { MICROSOFT, builder } from "./builder.ts";
import type { Builder, Emission } from "./builder.ts";
import { cpOf, type CpOp, type CpOperationOf, type FillOperation, type PlannedOperation } from "../ir/cp.ts";
import type { CanonicalGraph, CanonicalNode, IntegerValue, ValueShape } from "../ir/types.ts";

export interface EmitRequest {
  /** Name of the emitted graph. */
  readonly name: string;
  /** In topological order. */
  readonly nodes: readonly CanonicalNode[];
  readonly inputs: readonly {
    readonly name: string;
    readonly elem: ElemType;
    readonly dims: readonly Dim[] | null;
  }[];
  /** A missing type is taken from `shapes`, missing extents are left open. */
  readonly outputs: readonly { readonly name: string; readonly elem?: ElemType; readonly dims?: readonly Dim[] }[];
  /** Only those that the nodes read are emitted. */
  readonly constants: ReadonlyMap<string, Tensor>;
  readonly integers: ReadonlyMap<string, IntegerValue>;
  /** Shapes where the nodes run: needed for operands of `cp.Attention` and for outputs. A number is written down, an expression is not. */
  readonly shapes: ReadonlyMap<string, ValueShape>;
  readonly opsets: Readonly<Record<string, number>>;
}

export interface EmittedGraph {
  readonly graph: Graph;
  readonly opsets: Readonly<Record<string, number>>;
  /** Names of the integers that became graph inputs, after the requested inputs, in order of first use. */
  readonly integerInputs: readonly string[];
}

export interface EmittedModel {
  readonly graph: Graph;
  readonly bytes: Uint8Array;
  readonly integerInputs: readonly string[];
  /** Absolute folder of the external data that the model refers to. */
  readonly externalFolder: string | null;
}

/** Emits nodes as a separate graph. */
export function emitNodes(request: EmitRequest): EmittedGraph {
  const emission: Emission = { nodes: [], constants: new Map(), taken: namesIn(request) };
  for (const node of request.nodes) emitNode(emission, node, request.shapes);
  const integerInputs: string[] = [];
  const given = new Set(request.inputs.map(({ name }) => name));
  for (const name of operandsOf(request)) {
    const tensor = given.has(name) ? undefined : (request.constants.get(name) ?? fixed(request.integers.get(name)));
    if (tensor !== undefined) emission.constants.set(name, tensor);
    else if (!given.has(name) && request.integers.has(name)) integerInputs.push(name);
    else invariant(given.has(name), `${request.name} reads ${name}, which nothing gives`);
  }
  const graph: Graph = {
    name: request.name,
    inputs: [
      ...request.inputs.map(({ name, elem, dims }) => ({ name, type: { elem, dims } })),
      ...integerInputs.map((name) => integerInput(name, request.integers.get(name)!)),
    ],
    outputs: request.outputs.map((output) => outputOf(output, request.shapes)),
    nodes: emission.nodes,
    constants: emission.constants,
    types: new Map(),
  };
  return { graph, opsets: opsetsOf(request.opsets, graph), integerInputs };
}

/** Emits nodes as the bytes of a model. All external data that they read must be in one folder. */
export function emitModel(request: EmitRequest): EmittedModel {
  const { graph, opsets, integerInputs } = emitNodes(request);
  return { graph, bytes: writeModel(graph, { opsets }), integerInputs, externalFolder: externalFolder(graph) };
}

/** Absolute folder of the external data that a graph refers to; one model can name one. */
export function externalFolder({ name, constants }: Graph): string | null {
  const folders = new Set<string>();
  for (const { data } of constants.values()) if (data.kind === "external") folders.add(dirname(data.file));
  invariant(folders.size <= 1, `${name} reads weights from ${[...folders].join(" and ")}`);
  return [...folders][0] ?? null;
}

/** The request that emits a whole canonical graph, in the unsplit reading; `outputs` are the graph's own if not given. */
export function wholeGraph(canonical: CanonicalGraph, outputs: readonly string[] = canonical.outputs): EmitRequest {
  return {
    name: "canonical",
    nodes: canonical.nodes,
    inputs: canonical.inputs.map(({ name, shape }) => ({ name, elem: shape.elem, dims: shape.dims.map(fixedDim) })),
    outputs: outputs.map((name) => ({ name })),
    constants: canonical.constants,
    integers: canonical.integers,
    shapes: canonical.shapes,
    opsets: canonical.opsets,
  };
}

/** Emits a whole canonical graph. */
export function emitGraph(canonical: CanonicalGraph, outputs?: readonly string[]): EmittedGraph {
  return emitNodes(wholeGraph(canonical, outputs));
}

type Shapes = ReadonlyMap<string, ValueShape>;

const identity = (b: Builder, { value, result }: PlannedOperation): void => b.addAs(result, "Identity", [value]);

/** How the operators of the `cp` domain are written. Every value is whole here, so the bound collectives are identities. */
const EMIT: { readonly [Op in CpOp]: (b: Builder, operation: CpOperationOf<Op>, shapes: Shapes) => void } = {
  Attention: emitAttention,
  AttentionFinish: emitFinish,
  AttentionMerge: emitMerge,
  AttentionPart: emitPart,
  Fill: emitFill,
  Shard: identity,
  Gather: identity,
};

function emitNode(emission: Emission, node: CanonicalNode, shapes: Shapes): void {
  const operation = cpOf(node);
  if (operation !== null) return emitOperation(builder(emission, node.outputs[0]!), operation, shapes);
  const { name, op, domain, inputs, outputs, attributes } = node;
  emission.nodes.push({ name, op, domain, inputs, outputs, attributes, metadata: {} });
}

function emitOperation<Op extends CpOp>(b: Builder, operation: CpOperationOf<Op>, shapes: Shapes): void {
  const emit: (b: Builder, operation: CpOperationOf<Op>, shapes: Shapes) => void = EMIT[operation.op as Op];
  emit(b, operation, shapes);
}

function emitFill(b: Builder, { shape, value, result }: FillOperation): void {
  b.addAs(result, "ConstantOfShape", [shape], { value: { kind: "tensor", value: { ...value, dims: [1] } } });
}

/** Values that the nodes read, or that are outputs, and that no node makes; in order of first use. */
function operandsOf({ nodes, outputs }: EmitRequest): readonly string[] {
  const made = new Set(nodes.flatMap((node) => node.outputs));
  const read = [...nodes.flatMap(valuesReadBy), ...outputs.map(({ name }) => name)];
  return [...new Set(read)].filter((name) => !made.has(name));
}

function namesIn(request: EmitRequest): Set<string> {
  return new Set([
    ...request.inputs.map(({ name }) => name),
    ...request.nodes.flatMap((node) => [...valuesReadBy(node), ...node.outputs, node.name]),
  ]);
}

function fixed(value: IntegerValue | undefined): Tensor | undefined {
  if (value === undefined) return undefined;
  const numbers = value.elements.filter((e) => typeof e === "number");
  return numbers.length < value.elements.length ? undefined : tensorFromNumbers(value.elem, value.dims, numbers);
}

function integerInput(name: string, { elem, dims }: IntegerValue): GraphValue {
  return { name, type: { elem, dims } };
}

function outputOf({ name, elem, dims }: EmitRequest["outputs"][number], shapes: EmitRequest["shapes"]): GraphValue {
  const type = elem ?? shapes.get(name)?.elem;
  invariant(type !== undefined, `no element type for the output ${name}`);
  return { name, type: { elem: type, dims: dims ?? null } };
}

/** Only numbers: onnxruntime does not check symbols, and a rank's extents are not those that the symbols mean. */
function fixedDim(dim: Expr): Dim {
  return typeof dim === "number" ? dim : null;
}

function opsetsOf(opsets: Readonly<Record<string, number>>, graph: Graph): Readonly<Record<string, number>> {
  const used = new Set(graph.nodes.map((node) => node.domain));
  const kept = Object.entries(opsets).filter(([domain]) => domain === "" || used.has(domain));
  const own = used.has(MICROSOFT) && !(MICROSOFT in opsets) ? [[MICROSOFT, 1] as const] : [];
  return Object.fromEntries([...kept, ...own]);
}
