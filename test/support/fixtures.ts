/**
 * @file Paths and contents of the committed fixtures. A fixture that does not load fails the test that uses it.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Diagnostic, Result } from "../../compiler/diagnostics/types.ts";
import { readModel } from "../../compiler/graph/read.ts";
import type { Model } from "../../compiler/graph/types.ts";
import { readNpz } from "../../ort/files/npz.ts";
import type { OrtTensors } from "../../ort/types.ts";

/** Absolute path of `test/fixtures/<name>`. */
export function fixture(name: string): string {
  return join(fileURLToPath(new URL("../fixtures", import.meta.url)), name);
}

/** For example `flux/flux.dynamo18-dynamic.onnx`. */
export async function fixtureModel(name: string): Promise<Model> {
  return valueOf(await readModel(fixture(name)));
}

/** For example `flux/flux.img96-txt40.inputs.npz`. */
export async function fixtureTensors(name: string): Promise<OrtTensors> {
  return valueOf(await readNpz(fixture(name)));
}

/** The value of a result that a test takes to be good. */
export function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(texts(result.diagnostics).join("\n"));
  return result.value;
}

/** `CP2001 there is no file x`, one for each. */
export function texts(diagnostics: readonly Diagnostic[]): readonly string[] {
  return diagnostics.map(({ code, message }) => `${code} ${message}`);
}
