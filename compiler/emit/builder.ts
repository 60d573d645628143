/**
 * @file Collects the plain ONNX nodes that one canonical node becomes, with fresh value names. Knows no operator.
 */
import { tensorFromInts, tensorFromNumbers } from "../graph/tensors.ts";
import type { Attribute, Attributes, ElemType, Graph, GraphValue, Node, Tensor } from "../graph/types.ts";

/** Domain of onnxruntime's own operators. */
export const MICROSOFT = "com.microsoft";

export interface Builder {
  /** Adds a node with one fresh output and returns that output's name. */
  readonly add: (op: string, inputs: readonly string[], attributes?: Attributes, domain?: string) => string;
  /** Adds a node whose output has the given name, or whose outputs have the given names. */
  readonly addAs: (
    output: string | readonly string[],
    op: string,
    inputs: readonly string[],
    attributes?: Attributes,
    domain?: string,
  ) => void;
  /** A value name that nothing has yet. */
  readonly fresh: (what: string) => string;
  /** Adds a constant. */
  readonly constant: (tensor: Tensor) => string;
  /** Adds a 1-D int64 constant. */
  readonly ints: (values: readonly number[]) => string;
  /** Adds a scalar constant. */
  readonly scalar: (elem: ElemType, value: number) => string;
  /** A subgraph for a control-flow node; `make` adds its nodes and names its outputs. It reads outer values by their names. */
  readonly subgraph: (inputs: readonly GraphValue[], make: (inner: Builder) => readonly GraphValue[]) => Attribute;
  /** A subgraph without inputs, whose outputs are tensors of one element type. */
  readonly branch: (elem: ElemType, make: (inner: Builder) => readonly string[]) => Attribute;
}

export interface Emission {
  readonly nodes: Node[];
  readonly constants: Map<string, Tensor>;
  /** Names of values and nodes in use; fresh ones avoid them. */
  readonly taken: Set<string>;
}

/** A builder whose fresh names begin with `stem`. */
export function builder(emission: Emission, stem: string): Builder {
  const { nodes, constants, taken } = emission;
  const unused = (preferred: string): string => {
    let name = preferred;
    for (let i = 1; taken.has(name); i++) name = `${preferred}_${i}`;
    taken.add(name);
    return name;
  };
  const fresh = (what: string): string => unused(`${stem}/${what}`);
  const constant = (tensor: Tensor): string => {
    const name = fresh("const");
    constants.set(name, tensor);
    return name;
  };
  const addAs: Builder["addAs"] = (output, op, inputs, attributes = {}, domain = "") => {
    const outputs = typeof output === "string" ? [output] : output;
    nodes.push({ name: unused(`${outputs[0]}/node`), op, domain, inputs, outputs, attributes, metadata: {} });
  };
  const subgraph: Builder["subgraph"] = (inputs, make) => {
    const own: Node[] = [];
    // Constants stay outside: onnxruntime folds them there all the same.
    const outputs = make(builder({ ...emission, nodes: own }, stem));
    const graph: Graph = { name: fresh("branch"), inputs, outputs, nodes: own, constants: new Map(), types: new Map() };
    return { kind: "graph", value: graph };
  };
  return {
    addAs,
    fresh,
    constant,
    add: (op, inputs, attributes, domain) => {
      const output = fresh(op);
      addAs(output, op, inputs, attributes, domain);
      return output;
    },
    ints: (values) => constant(tensorFromInts(values)),
    scalar: (elem, value) => constant(tensorFromNumbers(elem, [], [value])),
    subgraph,
    branch: (elem, make) =>
      subgraph([], (inner) => make(inner).map((name): GraphValue => ({ name, type: { elem, dims: null } }))),
  };
}
