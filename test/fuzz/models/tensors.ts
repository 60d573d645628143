/**
 * @file Damage to initialisers: data too short or too long, other types and shapes, absurd sizes among small integers, external data.
 */
import { create } from "@bufbuild/protobuf";
import { StringStringEntryProtoSchema, TensorProto_DataLocation, TensorProto_SegmentSchema } from "onnx-buf";
import type { GraphProto, TensorProto } from "onnx-buf";
import type { Acts } from "./acts.ts";
import { pick } from "./pick.ts";

const types = [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 22, 99, -1];
export const locations = [
  "../outside.bin",
  "/etc/passwd",
  "a/../../outside.bin",
  ".",
  "",
  "\0",
  "link.bin",
  "data.bin",
  "C:\\x",
  "~/x",
  "folder",
  "data.bin/x",
  "file:///etc/passwd",
  "./data.bin",
  "//etc/passwd",
  "folder/../data.bin",
  "x".repeat(5000),
];
const counts = ["0", "-1", "4096", "1e3", "0x10", "9".repeat(30), "", " 8", "8\n", "9007199254740993", "16"];

export const tensorDamage: Acts = {
  "shorten data": (graph, { at, by }) => {
    const tensor = raw(graph, at);
    if (tensor) tensor.rawData = tensor.rawData.slice(0, by % Math.max(tensor.rawData.length, 1));
  },
  "lengthen data": (graph, { at, by }) => {
    const tensor = raw(graph, at);
    if (tensor) tensor.rawData = Uint8Array.of(...tensor.rawData.slice(0, 1000), ...new Uint8Array(1 + (by % 64)));
  },
  "set the type of an initialiser": (graph, { at, by }) => {
    const tensor = pick(graph.initializer, at);
    if (tensor) tensor.dataType = pick(types, by)!;
  },
  "set an extent of an initialiser": (graph, { at, by, integer }) => {
    const tensor = pick(graph.initializer, at);
    if (tensor?.dims.length) tensor.dims[by % tensor.dims.length] = integer;
  },
  "reshape an initialiser": (graph, { at, by }) => {
    const tensor = pick(graph.initializer, at);
    const count = (tensor?.dims ?? []).reduce((a, b) => a * b, 1n);
    if (tensor)
      tensor.dims = pick(
        [
          [count],
          [count, 1n],
          [1n, count],
          [1n, 1n, 1n, 1n, count],
          [],
          [0n, count],
          Array.from({ length: 500 }, () => 1n),
        ],
        by,
      )!;
  },
  "move data to another field": (graph, { at, integer }) => {
    const tensor = pick(graph.initializer, at);
    if (tensor)
      Object.assign(tensor, { rawData: new Uint8Array(), int32Data: [1, 2, 3], int64Data: [integer], floatData: [1] });
  },
  "set a small integer": (graph, { at, by, integer }) => {
    const small = graph.initializer.filter((t) => t.dataType === 7 && t.rawData.length > 0 && t.rawData.length <= 64);
    const data = pick(small, at)?.rawData;
    if (data) new DataView(data.buffer, data.byteOffset).setBigInt64((by % (data.length >> 3)) * 8, integer, true);
  },
  "rename an initialiser": (graph, { at, word }) => {
    const tensor = pick(graph.initializer, at);
    if (tensor) tensor.name = word;
  },
  "lose an initialiser": (graph, { at }) => {
    graph.initializer.splice(at % Math.max(graph.initializer.length, 1), 1);
  },
  "double an initialiser": (graph, { at }) => {
    const tensor = pick(graph.initializer, at);
    if (tensor) graph.initializer.push(tensor);
  },
  "cut an initialiser into segments": (graph, { at, integer }) => {
    const tensor = pick(graph.initializer, at);
    if (tensor) tensor.segment = create(TensorProto_SegmentSchema, { begin: 0n, end: integer });
  },
  "say where data lies": (graph, { at, by }) => {
    const tensor = pick(graph.initializer, at);
    if (tensor)
      makeExternal(tensor, { location: pick(locations, by)!, offset: pick(counts, at)!, length: pick(counts, by)! });
  },
};

/** Entries of external data; an empty text leaves one out. */
export function makeExternal(tensor: TensorProto, entries: Readonly<Record<string, string>>): void {
  tensor.dataLocation = TensorProto_DataLocation.EXTERNAL;
  tensor.externalData = Object.entries(entries)
    .filter(([, value]) => value !== "")
    .map(([key, value]) => create(StringStringEntryProtoSchema, { key, value }));
}

function raw(graph: GraphProto, at: number): TensorProto | undefined {
  return pick(
    graph.initializer.filter(({ rawData }) => rawData.length > 0),
    at,
  );
}
