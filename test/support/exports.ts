/**
 * @file The committed exports with the sample tensors that fit each of them. Knows no stage of the compiler.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Model } from "../../compiler/graph/types.ts";
import type { OrtTensors } from "../../ort/types.ts";
import { fixture } from "./fixtures.ts";

export interface Export {
  /** Relative to the fixtures, for example `wan/wan-i2v.dynamo18-dynamic.onnx`. */
  readonly file: string;
  /** Folder of the family, which is also the name of its plan. */
  readonly family: string;
  /** `wan-i2v` */
  readonly model: string;
  /** `dynamo18-dynamic` */
  readonly exporter: string;
  /** `batch1-txt40`, ...; a static export fits one of them. */
  readonly sizes: readonly string[];
}

/** Every export under the fixtures, in order of name. */
export function committedExports(): readonly Export[] {
  const families = readdirSync(fixture(""), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return families
    .map(({ name }) => name)
    .sort()
    .flatMap(exportsOf);
}

function exportsOf(family: string): readonly Export[] {
  const files = readdirSync(fixture(family)).sort();
  const ending = ".inputs.npz";
  const inputs = files.filter((file) => file.endsWith(ending)).map((file) => file.slice(0, -ending.length));
  return files
    .filter((file) => file.endsWith(".onnx"))
    .map((file) => {
      const [model = "", ...rest] = file.slice(0, -".onnx".length).split(".");
      const sizes = inputs.filter((name) => name.startsWith(`${model}.`)).map((name) => name.slice(model.length + 1));
      return { file: join(family, file), family, model, exporter: rest.join("."), sizes };
    });
}

/** `inputs` or `outputs` of an export, for `fixtureTensors`. */
export function sampleFile({ family, model }: Export, size: string, side: "inputs" | "outputs"): string {
  return join(family, `${model}.${size}.${side}.npz`);
}

/** Whether the model takes these tensors: a static export states numbers. */
export function fits({ graph }: Model, feeds: OrtTensors): boolean {
  return graph.inputs.every(({ name, type }) => {
    const feed = feeds[name];
    const dims = type.dims ?? [];
    return feed !== undefined && dims.every((dim, axis) => typeof dim !== "number" || dim === feed.dims[axis]);
  });
}
