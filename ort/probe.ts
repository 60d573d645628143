/**
 * @file Element type and extents of every value of a graph, as onnxruntime infers them for given input shapes. Reads no weights:
 * large constants become inputs of the probe, so that only their shapes matter.
 */
import { invariant } from "../compiler/diagnostics/diagnose.ts";
import { elemBytes, sizeOf } from "../compiler/graph/elements.ts";
import type { Dim, ElemType, Graph, GraphValue, Node, Tensor, TensorType } from "../compiler/graph/types.ts";
import { writeModel } from "../compiler/graph/write.ts";
import { createSession } from "./session.ts";
import type { OrtValueInfo } from "./session.ts";

/** Constants of more bytes cannot matter to shapes: operands that size axes are short lists. */
const LARGE = 1024;

export interface ProbeSource {
  readonly graph: Graph;
  readonly opsets: Readonly<Record<string, number>>;
}

/**
 * Types of all inputs, constants and node outputs. `dims` gives the extents of an input where the file has symbols; others keep the
 * file's. An extent that depends on data comes out as `null`, and so do all extents of a value of
 * unknown rank. Throws `OrtError` for a graph that onnxruntime refuses.
 */
export async function probeShapes(
  { graph, opsets }: ProbeSource,
  dims: Readonly<Record<string, readonly number[]>> = {},
): Promise<ReadonlyMap<string, TensorType>> {
  const inputs = graph.inputs.map((input) => fixed(input, dims[input.name]));
  const large = [...graph.constants].filter(([, tensor]) => isLarge(tensor));
  const known = new Set([...inputs.map(({ name }) => name), ...graph.constants.keys()]);
  const values = graph.nodes.flatMap((node) => node.outputs.filter((name) => name !== ""));
  const probe: Graph = {
    name: graph.name,
    inputs: [...inputs, ...large.map(([name, { elem, dims }]): GraphValue => ({ name, type: { elem, dims } }))],
    outputs: [],
    nodes: graph.nodes,
    constants: new Map([...graph.constants].filter(([, tensor]) => !isLarge(tensor))),
    types: new Map(),
  };
  const session = await createSession(writeModel(probe, { opsets, untypedOutputs: values }), { optimise: "basic" });
  try {
    const made = session.outputs.filter(({ name }) => !known.has(name));
    const scalars = await scalarsAmong(
      made.flatMap(({ name, dims }) => (dims.length === 0 ? [name] : [])),
      probe,
      opsets,
    );
    const inferred = made.flatMap((value) => typeOf(value, value.dims.length > 0 || scalars.has(value.name)));
    return new Map([
      ...inputs.map(({ name, type }) => [name, type] as const),
      ...[...graph.constants].map(([name, { elem, dims }]) => [name, { elem, dims }] as const),
      ...inferred,
    ]);
  } finally {
    await session.release();
  }
}

function fixed({ name, type }: GraphValue, dims: readonly Dim[] | undefined): GraphValue {
  invariant(
    dims === undefined || type.dims === null || dims.length === type.dims.length,
    `the probe gives ${name} ${dims?.length} extents`,
  );
  return dims === undefined ? { name, type } : { name, type: { elem: type.elem, dims } };
}

function isLarge({ elem, dims, data }: Tensor): boolean {
  return data.kind === "external" || sizeOf(dims) * elemBytes(elem) > LARGE;
}

/** Of `names`, for which a session states no extents, those that have none: it says the same of values whose rank it does not know. */
async function scalarsAmong(
  names: readonly string[],
  probe: Graph,
  opsets: ProbeSource["opsets"],
): Promise<ReadonlySet<string>> {
  if (names.length === 0) return new Set();
  // The number of extents of a shape is the rank.
  const shapes = new Map(names.map((name, i): readonly [string, string] => [`${name}.probed.${i}`, name]));
  const nodes = [...shapes].map(([shape, name]): Node => {
    return { name: shape, op: "Shape", domain: "", inputs: [name], outputs: [shape], attributes: {}, metadata: {} };
  });
  const bytes = writeModel(
    { ...probe, nodes: [...probe.nodes, ...nodes] },
    { opsets, untypedOutputs: [...shapes.keys()] },
  );
  const session = await createSession(bytes, { optimise: "disabled" });
  try {
    return new Set(session.outputs.flatMap(({ name, dims }) => (dims[0] === 0 ? [shapes.get(name)!] : [])));
  } finally {
    await session.release();
  }
}

function typeOf({ name, elem, dims }: OrtValueInfo, hasRank: boolean): readonly (readonly [string, TensorType])[] {
  const known: ElemType | null = elem;
  if (known === null) return [];
  return [[name, { elem: known, dims: hasRank ? dims.map((dim) => (typeof dim === "number" ? dim : null)) : null }]];
}
