/**
 * @file The operators of a model that is in memory, one line each, for prints. Reads no weights and checks nothing.
 */
import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";

/** `y = MatMul(x, w)`, in the order of the file. */
export function outline(bytes: Uint8Array): readonly string[] {
  const nodes = fromBinary(ModelProtoSchema, bytes).graph?.node ?? [];
  return nodes.map(({ opType, input, output }) => `${output.join(", ")} = ${opType}(${input.join(", ")})`);
}
