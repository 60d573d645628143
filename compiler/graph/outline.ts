/**
 * @file The operators of a model in memory, by name, for printers. Reads no weights and checks nothing.
 */
import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";

export interface Outline {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** In the order of the file, without what is inside branches. */
export function outline(bytes: Uint8Array): readonly Outline[] {
  const nodes = fromBinary(ModelProtoSchema, bytes).graph?.node ?? [];
  return nodes.map(({ opType, input, output }) => ({ op: opType, inputs: input, outputs: output }));
}
