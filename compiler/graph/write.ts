/**
 * @file Encodes a graph as ONNX bytes. The same graph gives the same bytes. External data is referred to by the base name of its real file:
 * the loader of the bytes supplies the folder. Knows nothing of canonical graphs.
 */
import { basename } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType as Kind,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from "onnx-buf";
import type {
  AttributeProto,
  GraphProto,
  NodeProto,
  StringStringEntryProto,
  TensorProto,
  ValueInfoProto,
} from "onnx-buf";
import { elemCode } from "./elements.ts";
import { toBigInt } from "./tensors.ts";
import type { Attribute, Dim, Graph, GraphValue, Node, Tensor, TensorType } from "./types.ts";

export interface WriteOptions {
  /** Domain to version; `""` is ai.onnx. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly irVersion?: number;
  /** Values that become outputs after the graph's own; their types are left to the reader's inference. */
  readonly untypedOutputs?: readonly string[];
}

/** Supported by every recent onnxruntime; the graph needs no later one. */
const IR_VERSION = 10;

export function writeModel(graph: Graph, options: WriteOptions): Uint8Array {
  const proto = graphProto(graph);
  for (const name of options.untypedOutputs ?? []) proto.output.push(create(ValueInfoProtoSchema, { name }));
  const model = create(ModelProtoSchema, {
    irVersion: BigInt(options.irVersion ?? IR_VERSION),
    producerName: "onnx-context-parallel",
    opsetImport: Object.entries(options.opsets).map(([domain, version]) =>
      create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) }),
    ),
    graph: proto,
  });
  return toBinary(ModelProtoSchema, model);
}

function graphProto(graph: Graph): GraphProto {
  return create(GraphProtoSchema, {
    name: graph.name === "" ? "graph" : graph.name,
    input: graph.inputs.map(valueInfo),
    output: graph.outputs.map(valueInfo),
    node: graph.nodes.map(nodeProto),
    initializer: [...graph.constants].map(([name, tensor]) => tensorProto(name, tensor)),
    valueInfo: [...graph.types].map(([name, type]) => valueInfo({ name, type })),
  });
}

export function nodeProto(node: Node): NodeProto {
  return create(NodeProtoSchema, {
    name: node.name,
    opType: node.op,
    domain: node.domain,
    input: [...node.inputs],
    output: [...node.outputs],
    attribute: Object.entries(node.attributes).map(([name, value]) => attributeProto(name, value)),
    metadataProps: Object.entries(node.metadata).map(([key, value]) => entry(key, value)),
  });
}

function attributeProto(name: string, attribute: Attribute): AttributeProto {
  const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
  const { kind, value } = attribute;
  if (kind === "int") return create(AttributeProtoSchema, { name, type: Kind.INT, i: toBigInt(value) });
  if (kind === "float") return create(AttributeProtoSchema, { name, type: Kind.FLOAT, f: value });
  if (kind === "string") return create(AttributeProtoSchema, { name, type: Kind.STRING, s: utf8(value) });
  if (kind === "ints") return create(AttributeProtoSchema, { name, type: Kind.INTS, ints: value.map(toBigInt) });
  if (kind === "floats") return create(AttributeProtoSchema, { name, type: Kind.FLOATS, floats: [...value] });
  if (kind === "strings") return create(AttributeProtoSchema, { name, type: Kind.STRINGS, strings: value.map(utf8) });
  if (kind === "tensor") return create(AttributeProtoSchema, { name, type: Kind.TENSOR, t: tensorProto("", value) });
  return create(AttributeProtoSchema, { name, type: Kind.GRAPH, g: graphProto(value) });
}

function tensorProto(name: string, tensor: Tensor): TensorProto {
  const { data } = tensor;
  const proto = create(TensorProtoSchema, { name, dataType: elemCode(tensor.elem), dims: tensor.dims.map(BigInt) });
  if (data.kind === "inline") {
    // Only the type differs: bytes of a constant are never shared memory.
    proto.rawData = data.bytes as Uint8Array<ArrayBuffer>;
    return proto;
  }
  proto.dataLocation = TensorProto_DataLocation.EXTERNAL;
  proto.externalData = [
    entry("location", basename(data.file)),
    entry("offset", String(data.offset)),
    entry("length", String(data.length)),
  ];
  return proto;
}

function valueInfo({ name, type, sequence }: GraphValue): ValueInfoProto {
  const tensor = { value: { case: "tensorType", value: tensorType(type) } } as const;
  if (sequence === undefined) return create(ValueInfoProtoSchema, { name, type: tensor });
  return create(ValueInfoProtoSchema, { name, type: { value: { case: "sequenceType", value: { elemType: tensor } } } });
}

function tensorType({ elem, dims }: TensorType): { elemType: number; shape?: { dim: DimInit[] } } {
  const elemType = elemCode(elem);
  return dims === null ? { elemType } : { elemType, shape: { dim: dims.map(dimInit) } };
}

type DimInit = { value?: { case: "dimValue"; value: bigint } | { case: "dimParam"; value: string } };

function dimInit(dim: Dim): DimInit {
  if (dim === null) return {};
  return typeof dim === "number"
    ? { value: { case: "dimValue", value: BigInt(dim) } }
    : { value: { case: "dimParam", value: dim } };
}

function entry(key: string, value: string): StringStringEntryProto {
  return create(StringStringEntryProtoSchema, { key, value });
}
