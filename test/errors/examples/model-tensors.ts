/**
 * @file Examples of errors in a model's weights. Codes CP2100-2199.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { create } from "@bufbuild/protobuf";
import { SparseTensorProtoSchema, StringStringEntryProtoSchema, TensorProtoSchema } from "onnx-buf";
import type { Example, Examples } from "../example.ts";
import { edited, withData, withTensor } from "../models.ts";

function weight(means: string, given: string, make: () => void): Example {
  return { means, given, make, command: "onnx-cp inspect model.onnx" };
}

const bytes = (count: number): Uint8Array => new Uint8Array(count);

export const modelTensors: Examples = {
  CP2100: weight(
    "A constant has a type that no supported operator computes with, such as 4-bit floats.",
    "a weight of 4-bit floats",
    () => withTensor({ dataType: 23, rawData: bytes(2) }),
  ),
  CP2101: weight("A constant has a negative extent.", "a weight of shape [-1]", () =>
    withTensor({ dims: [-1n], rawData: bytes(4) }),
  ),
  CP2102: weight(
    "The file holds more or fewer numbers for a constant than its shape needs.",
    "a weight of 4 numbers that holds 2",
    () => withTensor({ rawData: bytes(8) }),
  ),
  CP2103: weight(
    "A model may refer only to files in its own folder; otherwise it could read arbitrary files.",
    "a weight whose data has the location ../weights.bin",
    () => withData({ location: "../weights.bin" }),
  ),
  CP2104: weight(
    "The model's weights are in a file that was not copied along.",
    "a model without its `weights.bin`",
    () => withData({}),
  ),
  CP2105: weight("The name of a data file refers to something that is not a file.", "a folder `weights.bin`", () => {
    mkdirSync("weights.bin");
    withData({});
  }),
  CP2106: weight(
    "The shape of a constant needs a different number of bytes than the model states.",
    "a weight of 4 numbers, declared as 8 bytes of `weights.bin`",
    () => {
      writeFileSync("weights.bin", bytes(16));
      withData({ length: "8" });
    },
  ),
  CP2107: weight("The data file is shorter than the model requires.", "a `weights.bin` of 10 bytes", () => {
    writeFileSync("weights.bin", bytes(10));
    withData({});
  }),
  CP2108: weight(
    "The position of a constant in its data file is not a number of bytes.",
    "a weight at the offset -16",
    () => {
      writeFileSync("weights.bin", bytes(16));
      withData({ offset: "-16" });
    },
  ),
  CP2109: weight(
    "The pieces of a program read their weights from one folder.",
    "two weights, one next to the model and one in a subfolder",
    () => {
      mkdirSync("more");
      for (const file of ["weights.bin", "more/weights.bin"]) writeFileSync(file, bytes(16));
      edited((graph) => {
        for (const location of ["weights.bin", "more/weights.bin"]) {
          const externalData = [create(StringStringEntryProtoSchema, { key: "location", value: location })];
          graph.initializer.push(
            create(TensorProtoSchema, { name: location, dataType: 1, dims: [4n], dataLocation: 1, externalData }),
          );
        }
      });
    },
  ),
  CP2110: weight("Sparse constants are not supported.", "a sparse initialiser", () =>
    edited((graph) => {
      const values = create(TensorProtoSchema, { name: "w" });
      graph.sparseInitializer.push(create(SparseTensorProtoSchema, { values }));
    }),
  ),
};
