/**
 * @file Replaces an operator in the bytes of a model by a function of other operators. All else in the file stays as it is, also unknown
 * fields and the locations of external data. Knows no operator.
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType as Kind,
  AttributeProtoSchema,
  FunctionProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
} from "onnx-buf";
import type { AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto } from "onnx-buf";
import type { Node } from "../types.ts";
import { nodeProto } from "../write.ts";

/** A node of a function; `passes` names attributes of the call that it has too. */
export interface FunctionNode extends Node {
  readonly passes?: readonly string[];
}

/** What a node of an operator computes, as nodes of ai.onnx. */
export interface OperatorFunction {
  readonly domain: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** The value of each attribute where a node states none. Inside, it is a scalar of the attribute's name. */
  readonly attributes: Readonly<Record<string, { readonly kind: "int" | "float"; readonly value: number }>>;
  /** In topological order. */
  readonly nodes: readonly FunctionNode[];
}

/** The domain of the nodes that call the function, so that no other implementation is meant. */
const DOMAIN = "onnx-context-parallel";

/**
 * The model with the function in the place of every node of the operator, at any depth; the same bytes where there is none. A node with
 * other inputs or attributes than the function's keeps its operator. Throws for bytes that are no model.
 */
export function replaceOperator(model: Uint8Array, definition: OperatorFunction): Uint8Array {
  const proto = fromBinary(ModelProtoSchema, model);
  const nodes = proto.graph === undefined ? [] : nodesIn(proto.graph).filter((node) => fits(node, definition));
  if (nodes.length === 0) return model;
  for (const node of nodes) node.domain = DOMAIN;
  proto.opsetImport.push(create(OperatorSetIdProtoSchema, { domain: DOMAIN, version: 1n }));
  proto.functions.push(functionProto(definition, proto));
  return toBinary(ModelProtoSchema, proto);
}

function nodesIn(graph: GraphProto): readonly NodeProto[] {
  const inside = graph.node.flatMap(({ attribute }) =>
    attribute.flatMap(({ g }) => (g === undefined ? [] : nodesIn(g))),
  );
  return [...graph.node, ...inside];
}

function fits(node: NodeProto, { domain, op, inputs, outputs, attributes }: OperatorFunction): boolean {
  return (
    node.opType === op &&
    node.domain === domain &&
    node.input.length === inputs.length &&
    node.output.length <= outputs.length &&
    node.attribute.every(({ name }) => Object.hasOwn(attributes, name))
  );
}

function functionProto(definition: OperatorFunction, { opsetImport }: ModelProto): FunctionProto {
  const { op, inputs, outputs, attributes, nodes } = definition;
  const stated = Object.entries(attributes);
  return create(FunctionProtoSchema, {
    name: op,
    domain: DOMAIN,
    input: [...inputs],
    output: [...outputs],
    attributeProto: stated.map(([name, { kind, value }]) =>
      create(AttributeProtoSchema, {
        name,
        type: TYPES[kind],
        ...(kind === "int" ? { i: BigInt(value) } : { f: value }),
      }),
    ),
    node: [
      ...stated.map(([name, { kind }]) => scalarOf(name, reference(`value_${kind}`, name, kind))),
      ...nodes.map((node) => passing(node, attributes)),
    ],
    opsetImport: opsetImport.filter(({ domain }) => domain === "" || domain === "ai.onnx"),
  });
}

const TYPES = { int: Kind.INT, float: Kind.FLOAT } as const;

/** An attribute of a node of the function that has the value of the call's attribute `of`. */
function reference(name: string, of: string, kind: keyof typeof TYPES): AttributeProto {
  return create(AttributeProtoSchema, { name, type: TYPES[kind], refAttrName: of });
}

/** The attribute of the call as a value. */
function scalarOf(name: string, value: AttributeProto): NodeProto {
  return create(NodeProtoSchema, { name: `${name}/node`, opType: "Constant", output: [name], attribute: [value] });
}

function passing(node: FunctionNode, attributes: OperatorFunction["attributes"]): NodeProto {
  const proto = nodeProto(node);
  for (const name of node.passes ?? []) proto.attribute.push(reference(name, name, attributes[name]!.kind));
  return proto;
}
