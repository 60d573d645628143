/**
 * @file The locations of external data in the bytes of an ONNX model, read from the protobuf wire format: tensors are skipped, not decoded,
 * so the runtime can check every piece before it loads it. Decides nothing and opens no file.
 */
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

type MessageName =
  | "ModelProto"
  | "TrainingInfoProto"
  | "FunctionProto"
  | "GraphProto"
  | "NodeProto"
  | "AttributeProto"
  | "SparseTensorProto"
  | "TensorProto"
  | "StringStringEntryProto";

/** The fields of ONNX through which a model leads to the `external_data` of a tensor: by message and field number, the message inside. */
export const routes: Readonly<Record<MessageName, Readonly<Record<number, MessageName>>>> = {
  ModelProto: { 7: "GraphProto", 20: "TrainingInfoProto", 25: "FunctionProto" },
  TrainingInfoProto: { 1: "GraphProto", 2: "GraphProto" },
  FunctionProto: { 7: "NodeProto", 11: "AttributeProto" },
  GraphProto: { 1: "NodeProto", 5: "TensorProto", 15: "SparseTensorProto" },
  NodeProto: { 5: "AttributeProto" },
  AttributeProto: {
    5: "TensorProto",
    6: "GraphProto",
    10: "TensorProto",
    11: "GraphProto",
    22: "SparseTensorProto",
    23: "SparseTensorProto",
  },
  SparseTensorProto: { 1: "TensorProto", 2: "TensorProto" },
  TensorProto: { 13: "StringStringEntryProto" },
  StringStringEntryProto: {},
};

/** Protobuf's own limit for nested messages is 100. */
const DEEPEST = 100;
const [KEY, VALUE] = [1, 2];

/**
 * Every location that a tensor states, whether or not the tensor is marked as external; all of them if a tensor states several. Throws an
 * `Error` for bytes that are not ONNX protobuf, including other formats that onnxruntime loads.
 */
export function externalLocations(model: Uint8Array): ReadonlySet<string> {
  if (Buffer.from(model.subarray(4, 8)).toString("latin1") === "ORTM") throw new Error("it is in the ORT format");
  const locations = new Set<string>();
  const reader = new BinaryReader(model);
  readMessage(reader, reader.len, "ModelProto", 0, locations);
  return locations;
}

function readMessage(
  reader: BinaryReader,
  end: number,
  name: MessageName,
  depth: number,
  locations: Set<string>,
): void {
  if (depth > DEEPEST) throw new Error(`its messages are nested deeper than ${DEEPEST}`);
  if (end > reader.len) throw new Error("it is truncated");
  if (name === "StringStringEntryProto") return readEntry(reader, end, locations);
  const route = routes[name];
  while (reader.pos < end) {
    const [field, type] = reader.tag();
    const inner = Object.hasOwn(route, field) ? route[field] : undefined;
    if (inner === undefined || type !== WireType.LengthDelimited) {
      reader.skip(type, field);
      continue;
    }
    const length = reader.uint32();
    readMessage(reader, reader.pos + length, inner, depth + 1, locations);
  }
  if (reader.pos !== end) throw new Error("its messages overlap");
}

function readEntry(reader: BinaryReader, end: number, locations: Set<string>): void {
  let isLocation = false;
  const values: string[] = [];
  while (reader.pos < end) {
    const [field, type] = reader.tag();
    if (type === WireType.LengthDelimited && field === KEY) isLocation = reader.string() === "location" || isLocation;
    else if (type === WireType.LengthDelimited && field === VALUE) values.push(reader.string());
    else reader.skip(type, field);
  }
  if (reader.pos !== end) throw new Error("its messages overlap");
  if (isLocation) for (const value of values.length === 0 ? [""] : values) locations.add(value);
}
