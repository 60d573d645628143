/**
 * @file The models whose compilation is measured, as data, and how one is written to disk: the graph with as many blocks as wanted, and the
 * weights as one sparse file, which has the real size and takes no space.
 */
import { ftruncateSync, openSync, closeSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import type { GraphProto } from "onnx-buf";
import { grow } from "./grow.ts";

export interface SizedModel {
  readonly name: string;
  /** In `exports/`: full width, four blocks of each list, without weights (tools/export_weightless.py). */
  readonly file: string;
  /** In `plans/`. */
  readonly plan: string;
  /** Lists of blocks, and how many the real model has. */
  readonly lists: Readonly<Record<string, number>>;
}

export const models: Readonly<Record<"flux" | "wan", SizedModel>> = {
  flux: {
    name: "FLUX.1-dev",
    file: "flux-dev.onnx.gz",
    plan: "flux.plan.json",
    lists: { transformer_blocks: 19, single_transformer_blocks: 38 },
  },
  wan: { name: "Wan2.1-T2V-14B", file: "wan-14b.onnx.gz", plan: "wan.plan.json", lists: { blocks: 40 } },
};

export interface Written {
  readonly model: string;
  readonly plan: string;
  readonly nodes: number;
  /** Bytes of the graph's file, and of the weights. */
  readonly graphBytes: number;
  readonly weightBytes: number;
}

const root = new URL(import.meta.url.includes("/dist/") ? "../../../" : "../../", import.meta.url);

/** Writes `model.onnx` and `model.onnx.data` to `folder`, with `times` as many blocks as the real model, rounded, and at least four. */
export function writeSized({ file, plan, lists }: SizedModel, times: number, folder: string): Written {
  const packed = readFileSync(fileURLToPath(new URL(`bench/size/exports/${file}`, root)));
  const proto = fromBinary(ModelProtoSchema, gunzipSync(packed));
  const { graph } = proto;
  if (graph === undefined) throw new Error(`${file} has no graph`);
  for (const [list, count] of Object.entries(lists)) grow(graph, list, Math.max(4, Math.round(count * times)));
  const data = "model.onnx.data";
  const weightBytes = placeWeights(graph, data);
  const bytes = toBinary(ModelProtoSchema, proto);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "model.onnx"), bytes);
  writeSparse(join(folder, data), weightBytes);
  return {
    model: join(folder, "model.onnx"),
    plan: fileURLToPath(new URL(`plans/${plan}`, root)),
    nodes: graph.node.length,
    graphBytes: bytes.length,
    weightBytes,
  };
}

/** Places the weights one behind the other, as the exporter does; their size in all. */
function placeWeights(graph: GraphProto, location: string): number {
  let end = 0;
  for (const { externalData } of graph.initializer) {
    let length = 0;
    for (const entry of externalData) {
      if (entry.key === "location") entry.value = location;
      if (entry.key === "offset") entry.value = String(end);
      if (entry.key === "length") length = Number(entry.value);
    }
    end += length;
  }
  return end;
}

function writeSparse(file: string, size: number): void {
  const handle = openSync(file, "w");
  try {
    ftruncateSync(handle, size);
  } finally {
    closeSync(handle);
  }
}
