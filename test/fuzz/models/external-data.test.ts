/**
 * @file Entries of external data that point anywhere: no file outside the model's folder is opened, and what is accepted lies inside.
 */
import fs from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import * as fc from "fast-check";
import { ModelProtoSchema } from "onnx-buf";
import { expect, onTestFinished, test } from "vitest";
import { externalFiles } from "../../../compiler/graph/external-files.ts";
import { readModel } from "../../../compiler/graph/read.ts";
import { tensorFromNumbers } from "../../../compiler/graph/tensors.ts";
import { writeModel } from "../../../compiler/graph/write.ts";
import { temporaryFolder } from "../../support/files.ts";
import { graph, node, value } from "../../support/graphs.ts";
import { faultsOf } from "../answers.ts";
import { fuzz, TIMEOUT } from "../budget.ts";
import { word } from "../words.ts";
import { locations, makeExternal } from "./tensors.ts";
import { canonicalise } from "../../support/stages.ts";

const bytes = writeModel(
  graph({
    inputs: [value("x", "float32", ["n", 4])],
    outputs: [value("y", "float32", ["n", 4])],
    nodes: [node("Mul", ["x", "w"], ["a"]), node("Add", ["a", "v"], ["y"])],
    constants: new Map([
      ["w", tensorFromNumbers("float32", [4], [1, 2, 3, 4])],
      ["v", tensorFromNumbers("float32", [4], [1, 2, 3, 4])],
    ]),
  }),
  { opsets: { "": 18 } },
);

const segment = fc.constantFrom(
  "..",
  ".",
  "data.bin",
  "folder",
  "out",
  "link.bin",
  "loop",
  "",
  "outside.bin",
  "model",
  "\\..",
);
const location = fc.oneof(
  fc.constantFrom(...locations),
  fc.array(segment, { maxLength: 6 }).map((parts) => parts.join("/")),
  word,
);
const count = fc.oneof(fc.constantFrom("0", "16", "4", "48", "-16", "1e1", "9".repeat(30), "16.0", "0x10", " 0"), word);
const entries = fc.record({ location, offset: count, length: count });

/** A folder with data, beside a file that is nobody's business, and links of all kinds. */
async function place(): Promise<{ readonly folder: string; readonly outside: string }> {
  const outside = await temporaryFolder();
  const folder = join(outside, "model");
  await mkdir(join(folder, "folder"), { recursive: true });
  await writeFile(join(outside, "outside.bin"), new Uint8Array(64));
  await writeFile(join(folder, "data.bin"), new Uint8Array(64));
  await writeFile(join(folder, "folder/data.bin"), new Uint8Array(64));
  await symlink(join(outside, "outside.bin"), join(folder, "link.bin"));
  await symlink(outside, join(folder, "out"));
  await symlink("loop", join(folder, "loop"));
  return { folder, outside };
}

/** Every path that is opened or read from now on, by whichever function of `node:fs`. */
function spyOnReads(): Set<string> {
  const opened = new Set<string>();
  const undo: (() => void)[] = [];
  const watch = (holder: object, name: string): void => {
    const original: (...given: unknown[]) => unknown = Reflect.get(holder, name);
    const spy = (...given: unknown[]): unknown => {
      opened.add(resolve(String(given[0])));
      return original.apply(holder, given);
    };
    Reflect.set(holder, name, spy);
    undo.push(() => Reflect.set(holder, name, original));
  };
  for (const name of ["open", "openSync", "readFile", "readFileSync", "createReadStream"]) watch(fs, name);
  for (const name of ["open", "readFile"]) watch(fs.promises, name);
  syncBuiltinESMExports();
  onTestFinished(() => {
    for (const restore of undo) restore();
    syncBuiltinESMExports();
  });
  return opened;
}

function isInside(path: string, folder: string): boolean {
  return !relative(folder, path).startsWith("..");
}

test("entries of external data that point anywhere are answered", { timeout: TIMEOUT }, async () => {
  const { folder, outside } = await place();
  const file = join(folder, "m.onnx");
  const opened = spyOnReads();
  await fuzz("external data", fc.tuple(entries, entries), { short: 150, long: 10_000 }, async (both) => {
    const model = fromBinary(ModelProtoSchema, bytes);
    both.forEach((one, i) => makeExternal(model.graph!.initializer[i]!, one));
    await writeFile(file, toBinary(ModelProtoSchema, model));
    opened.clear();
    const read = await readModel(file);
    const canonical = read.ok ? await canonicalise(read.value) : read;
    const named = read.ok ? externalFiles(read.value.graph) : [];
    return [
      ...(opened.has(file) ? [] : ["the spy is blind"]),
      ...[...opened]
        .filter((path) => isInside(path, outside) && !isInside(path, folder))
        .map((path) => `reads ${path}`),
      ...[...opened].filter((path) => path.startsWith("/etc/")).map((path) => `reads ${path}`),
      ...named.filter((path) => !isInside(path, folder)).map((path) => `accepts ${path}`),
      ...faultsOf(canonical.ok, canonical.diagnostics, "CP2"),
    ];
  });
  expect(dirname(file)).toBe(folder);
});
