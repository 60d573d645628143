/**
 * @file Real models with their plans and feeds, as the starting points of damage. One of each exporter and operator set.
 */
import { readFileSync } from "node:fs";
import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import type { ModelProto } from "onnx-buf";
import type { OrtTensors } from "../../../ort/types.ts";
import { shippedPlan } from "../../support/compiled.ts";
import { fixture, fixtureTensors } from "../../support/fixtures.ts";

export interface Base {
  readonly name: string;
  readonly plan: string;
  readonly inputs: string;
}

export const bases: readonly Base[] = [
  { name: "minimax_h3/minimax_h3.dynamo23-dynamic", inputs: "minimax_h3/minimax_h3.batch2-img67-audio23-txt13" },
  { name: "ltx/ltx.dynamo18-dynamic.marked", inputs: "ltx/ltx.img67-txt13" },
  { name: "wan/wan.dynamo23-dynamic", inputs: "wan/wan.batch2-frames5-height6-width14" },
  { name: "qwenimage/qwenimage.torchscript18-static", inputs: "qwenimage/qwenimage.batch1-txt40" },
].map(({ name, inputs }) => ({
  name: `${name}.onnx`,
  plan: shippedPlan(name.slice(0, name.indexOf("/"))),
  inputs: `${inputs}.inputs.npz`,
}));

const bytes = new Map<string, Uint8Array>();

/** The file's bytes, read once; not to be changed. */
export function bytesOf({ name }: Base): Uint8Array {
  const known = bytes.get(name) ?? readFileSync(fixture(name));
  bytes.set(name, known);
  return known;
}

/** The decoded model, anew for each call, with data of its own: it may be changed. */
export function modelOf(base: Base): ModelProto {
  return fromBinary(ModelProtoSchema, Uint8Array.from(bytesOf(base)));
}

const feeds = new Map<string, Promise<OrtTensors>>();

export function feedsOf({ inputs }: Base): Promise<OrtTensors> {
  const known = feeds.get(inputs) ?? fixtureTensors(inputs);
  feeds.set(inputs, known);
  return known;
}
