/**
 * @file Collects the plain ONNX nodes that one canonical node becomes, with fresh value names. Knows no operator.
 */
import { tensorFromInts, tensorFromNumbers } from "../graph/tensors.ts";
import type { Attributes, ElemType, Node, Tensor } from "../graph/types.ts";

/** Domain of onnxruntime's own operators. */
export const MICROSOFT = "com.microsoft";

export interface Builder {
  /** Adds a node with one fresh output and returns that output's name. */
  readonly add: (op: string, inputs: readonly string[], attributes?: Attributes, domain?: string) => string;
  /** Adds a node whose output has the given name. */
  readonly addAs: (
    output: string,
    op: string,
    inputs: readonly string[],
    attributes?: Attributes,
    domain?: string,
  ) => void;
  /** Adds a 1-D int64 constant. */
  readonly ints: (values: readonly number[]) => string;
  /** Adds a scalar constant. */
  readonly scalar: (elem: ElemType, value: number) => string;
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
  const unused = (wish: string): string => {
    let name = wish;
    for (let i = 1; taken.has(name); i++) name = `${wish}_${i}`;
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
    nodes.push({ name: unused(`${output}/node`), op, domain, inputs, outputs: [output], attributes, metadata: {} });
  };
  return {
    addAs,
    add: (op, inputs, attributes, domain) => {
      const output = fresh(op);
      addAs(output, op, inputs, attributes, domain);
      return output;
    },
    ints: (values) => constant(tensorFromInts(values)),
    scalar: (elem, value) => constant(tensorFromNumbers(elem, [], [value])),
  };
}
