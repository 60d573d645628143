/**
 * @file Collects the nodes of a small ONNX model, each in the scope of a module, named as the TorchScript exporter names them.
 * Knows no attention.
 */
import { tensorFromInts, tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import type { Attributes, Dim, ElemType, Graph, GraphValue, Node, Tensor } from "../../compiler/graph/types.ts";
import { noise } from "../support/graphs.ts";

export interface Network {
  /** Adds an input and returns its name. */
  readonly input: (name: string, elem: ElemType, dims: readonly Dim[]) => string;
  readonly output: (name: string, value: string, dims: readonly Dim[]) => void;
  /** Adds a node in a module (`block.attn`) and returns its first output. */
  readonly add: (scope: string, op: string, inputs: readonly string[], rest?: NodeRest) => string;
  readonly ints: (...values: readonly number[]) => string;
  readonly numbers: (dims: readonly number[], values: readonly number[], elem?: ElemType) => string;
  /** Pseudo-random weights, other ones for each call. */
  readonly weights: (...dims: readonly number[]) => string;
  readonly graph: () => Graph;
}

export interface NodeRest {
  readonly attributes?: Attributes;
  readonly domain?: string;
  /** Absent further outputs are "". */
  readonly outputs?: number;
}

export function network(): Network {
  const nodes: Node[] = [];
  const inputs: GraphValue[] = [];
  const outputs: GraphValue[] = [];
  const constants = new Map<string, Tensor>();
  const constant = (tensor: Tensor): string => {
    const name = `constant${constants.size}`;
    constants.set(name, tensor);
    return name;
  };
  const put = (scope: string, op: string, from: readonly string[], to: readonly string[], rest: NodeRest): void => {
    const path = scope === "" ? "" : `/${scope.split(".").join("/")}`;
    const { attributes = {}, domain = "" } = rest;
    nodes.push({
      name: `${path}/${op}_${nodes.length}`,
      op,
      domain,
      inputs: from,
      outputs: to,
      attributes,
      metadata: {},
    });
  };
  const numbers: Network["numbers"] = (dims, values, elem = "float32") =>
    constant(tensorFromNumbers(elem, dims, values));
  return {
    numbers,
    input: (name, elem, dims) => {
      inputs.push({ name, type: { elem, dims } });
      return name;
    },
    output: (name, value, dims) => {
      nodes.push({
        name: `/${name}`,
        op: "Identity",
        domain: "",
        inputs: [value],
        outputs: [name],
        attributes: {},
        metadata: {},
      });
      outputs.push({ name, type: { elem: "float32", dims } });
    },
    add: (scope, op, from, rest = {}) => {
      const name = `${op}${nodes.length}`;
      const further = Array.from({ length: (rest.outputs ?? 1) - 1 }, (_, i) => `${name}.${i + 1}`);
      put(scope, op, from, [name, ...further], rest);
      return name;
    },
    ints: (...values) => constant(tensorFromInts(values)),
    weights: (...dims) => {
      const count = dims.reduce((a, b) => a * b, 1);
      return numbers(
        dims,
        noise(constants.size + 1, count).map((x) => x / Math.sqrt(dims[0]! / 3)),
      );
    },
    graph: () => ({ name: "test", inputs, outputs, nodes, constants, types: new Map() }),
  };
}
