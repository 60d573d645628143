/**
 * @file Nodes and attributes of an ONNX file, and the constants that `Constant` nodes hold.
 */
import { AttributeProto_AttributeType as Kind } from "onnx-buf";
import type { AttributeProto, GraphProto, NodeProto } from "onnx-buf";
import { graphMessages as messages } from "../../diagnostics/catalog/model.ts";
import { decodeTensor, reporter } from "./tensor.ts";
import type { DecodeContext } from "./tensor.ts";
import { clampInteger, tensorFromNumbers } from "../tensors.ts";
import type { Attribute, Attributes, Graph, Node, Tensor } from "../types.ts";

/** Decodes a subgraph; passed in, since graphs hold nodes and nodes hold graphs. */
export type DecodeSubgraph = (proto: GraphProto, context: DecodeContext) => Graph;

export function decodeNode(proto: NodeProto, name: string, context: DecodeContext, subgraph: DecodeSubgraph): Node {
  return {
    name,
    op: proto.opType,
    domain: proto.domain === "ai.onnx" ? "" : proto.domain,
    inputs: proto.input,
    outputs: proto.output,
    attributes: decodeAttributes(proto.attribute, name, context, subgraph),
    metadata: Object.fromEntries(proto.metadataProps.map(({ key, value }) => [key, value])),
  };
}

/** The tensor of a `Constant` node. `undefined` after a report. */
export function constantOf(node: Node, context: DecodeContext): Tensor | undefined {
  const [[name, attribute] = ["", undefined]] = Object.entries(node.attributes);
  if (name === "value" && attribute?.kind === "tensor") return attribute.value;
  if (name === "value_int" && attribute?.kind === "int") return tensorFromNumbers("int64", [], [attribute.value]);
  if (name === "value_float" && attribute?.kind === "float") return tensorFromNumbers("float32", [], [attribute.value]);
  if (name === "value_ints") return vector("int64", attribute);
  if (name === "value_floats") return vector("float32", attribute);
  return reporter(context)(messages.constantNode, { node: node.name });
}

function vector(elem: "int64" | "float32", attribute: Attribute | undefined): Tensor {
  const numbers = attribute?.kind === "ints" || attribute?.kind === "floats" ? attribute.value : [];
  return tensorFromNumbers(elem, [numbers.length], numbers);
}

function decodeAttributes(
  protos: readonly AttributeProto[],
  node: string,
  context: DecodeContext,
  subgraph: DecodeSubgraph,
): Attributes {
  const entries: [string, Attribute][] = [];
  for (const proto of protos) {
    const attribute = decodeAttribute(proto, node, context, subgraph);
    if (attribute !== undefined) entries.push([proto.name, attribute]);
  }
  return Object.fromEntries(entries);
}

function decodeAttribute(
  proto: AttributeProto,
  node: string,
  context: DecodeContext,
  subgraph: DecodeSubgraph,
): Attribute | undefined {
  const unsupported = (found: string): undefined =>
    reporter(context)(messages.attribute, { node, attribute: proto.name, found });
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  if (proto.refAttrName !== "") return unsupported("a reference to an attribute of a function");
  switch (proto.type) {
    case Kind.INT:
      return { kind: "int", value: clampInteger(proto.i) };
    case Kind.FLOAT:
      return { kind: "float", value: proto.f };
    case Kind.STRING:
      return { kind: "string", value: text(proto.s) };
    case Kind.INTS:
      return { kind: "ints", value: proto.ints.map(clampInteger) };
    case Kind.FLOATS:
      return { kind: "floats", value: proto.floats };
    case Kind.STRINGS:
      return { kind: "strings", value: proto.strings.map(text) };
    case Kind.TENSOR: {
      if (proto.t === undefined) return unsupported("a tensor without content");
      const value = decodeTensor(proto.t, `the attribute "${proto.name}" of the node "${node}"`, context);
      return value && { kind: "tensor", value };
    }
    case Kind.GRAPH:
      if (proto.g === undefined) return unsupported("a graph without content");
      return { kind: "graph", value: subgraph(proto.g, context) };
    default:
      return unsupported(`of the type ${Kind[proto.type] ?? String(proto.type)}`);
  }
}
