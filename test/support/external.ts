/**
 * @file Malicious ONNX files that name external data outside their folder.
 */
import { create, toBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema, TensorProto_DataLocation } from "onnx-buf";

/** A model with one initialiser of one byte for each location. */
export function modelBytes(locations: readonly string[]): Uint8Array {
  const initializer = locations.map((value, i) => ({
    name: `w${i}`,
    dataType: 2,
    dims: [1n],
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: [{ key: "location", value }],
  }));
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: 10n, graph: { name: "g", initializer } }));
}
