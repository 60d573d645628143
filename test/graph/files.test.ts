/**
 * @file Files given by mistake, and external data that is missing, short, or outside the model's folder.
 */
import { copyFile, mkdir, readFile, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { externalFiles } from "../../compiler/graph/external-files.ts";
import { readModel } from "../../compiler/graph/read.ts";
import type { Graph } from "../../compiler/graph/types.ts";
import { writeModel } from "../../compiler/graph/write.ts";
import { temporaryFolder } from "../support/files.ts";
import { fixture, fixtureModel, texts, valueOf } from "../support/fixtures.ts";
import { graph, node, value } from "../support/graphs.ts";

const model = fixture("flux/flux.dynamo18-dynamic.onnx");

async function problemsOf(file: string): Promise<readonly string[]> {
  const result = await readModel(file);
  expect(result.ok).toBe(false);
  for (const { hint, file: named } of result.diagnostics) {
    expect(hint).toBeTruthy();
    expect(named).toBe(file);
  }
  return texts(result.diagnostics);
}

const contents: readonly (readonly [string, string | Uint8Array, RegExp])[] = [
  ["an empty file", "", /^CP2004 the file is empty$/],
  ["text", '{ "a": 1 }\n', /^CP2007 the file is text, not an ONNX model; it begins with "\{ \\"a\\": 1 \}"$/],
  ["an LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", /^CP2006/],
  ["an image", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a), /^CP2008/],
  ["zeros", new Uint8Array(100), /^CP2008/],
  [
    "a version and no graph",
    Uint8Array.of(0x08, 0x08),
    /^CP2009 .* \(2 bytes\) .* is truncated or damaged: it has no graph$/,
  ],
];

test.each(contents)("%s is told from a model", async (_, content, expected) => {
  const file = join(await temporaryFolder(), "m.onnx");
  await writeFile(file, content);
  const messages = await problemsOf(file);
  expect(messages).toHaveLength(1);
  expect(messages[0]).toMatch(expected);
});

test("a missing file, a path through a file, and a folder are told from a model", async () => {
  const folder = await temporaryFolder();
  await copyFile(model, join(folder, "real.onnx"));
  expect(await problemsOf(join(folder, "no.onnx"))).toEqual([`CP2001 there is no file ${join(folder, "no.onnx")}`]);
  expect((await problemsOf(join(folder, "real.onnx/x")))[0]).toMatch(/^CP2001/);
  const result = await readModel(folder);
  expect(result.diagnostics).toMatchObject([{ code: "CP2002", hint: "give a file inside it: real.onnx" }]);
});

test("a file over 2 GiB is refused by its size, unread", async () => {
  const file = join(await temporaryFolder(), "large.onnx");
  await writeFile(file, "");
  await truncate(file, 2 ** 31);
  expect(await problemsOf(file)).toEqual([
    "CP2005 the file has 2147483648 bytes; the limit for an ONNX file is 2147483647",
  ]);
});

test("a model cut in half says so", async () => {
  const file = join(await temporaryFolder(), "half.onnx");
  const bytes = await readFile(model);
  await writeFile(file, bytes.subarray(0, bytes.length / 2));
  expect((await problemsOf(file))[0]).toMatch(
    /^CP2009 the file \(\d+ bytes\) begins like an ONNX model but is truncated/,
  );
});

/** A model with two weights of 16 bytes, whose data is called `location`. */
async function withData(
  folder: string,
  location: string,
  parts: { readonly offset?: number; readonly length?: number } = {},
): Promise<string> {
  const { offset = 0, length = 16 } = parts;
  const weight = {
    elem: "float32",
    dims: [4],
    data: { kind: "external", file: `/x/${"L".repeat(location.length)}`, offset, length },
  } as const;
  const source: Graph = graph({
    inputs: [value("x", "float32", ["n", 4])],
    outputs: [value("y", "float32", null)],
    nodes: [node("Mul", ["x", "w"], ["a"]), node("Add", ["a", "v"], ["y"])],
    constants: new Map([
      ["w", weight],
      ["v", weight],
    ]),
  });
  const bytes = Buffer.from(writeModel(source, { opsets: { "": 18 } })).toString("latin1");
  const file = join(folder, "m.onnx");
  await writeFile(file, bytes.replaceAll("L".repeat(location.length), location), "latin1");
  return file;
}

test("data in the folder is found, with its real path", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "weights"), new Uint8Array(16));
  const read = valueOf(await readModel(await withData(folder, "weights")));
  expect(externalFiles(read.graph)).toEqual([join(folder, "weights")]);
});

test("missing data is told once for all tensors that need it", async () => {
  const messages = await problemsOf(await withData(await temporaryFolder(), "weights"));
  expect(messages).toEqual([`CP2104 the external data "weights" of 2 tensors is missing from the model's folder`]);
});

test.each([
  ["../weights", 'the path contains ".."'],
  ["a/../../weights", 'the path contains ".."'],
  ["/etc/passwd", "the path is absolute"],
  ["C:\\weights", "the path is absolute"],
])("data at %s is refused", async (location, reason) => {
  const messages = await problemsOf(await withData(await temporaryFolder(), location));
  expect(messages).toEqual([
    `CP2103 the external data "${location}" of 2 tensors is not in the model's folder: ${reason}`,
  ]);
});

test("a symbolic link out of the folder is refused", async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "m"));
  await writeFile(join(folder, "secret"), new Uint8Array(16));
  await symlink(join(folder, "secret"), join(folder, "m/weights"));
  const messages = await problemsOf(await withData(join(folder, "m"), "weights"));
  expect(messages[0]).toMatch(/CP2103 .* a symbolic link leads out of it$/);
});

test("a download cache of links beside links is read, and its real files are named", async () => {
  const folder = await temporaryFolder();
  const [blobs, snapshot] = [join(folder, "blobs"), join(folder, "snapshot")];
  await mkdir(blobs);
  await mkdir(snapshot);
  await writeFile(join(blobs, "d1"), new Uint8Array(16));
  await copyFile(await withData(folder, "weights"), join(blobs, "m1"));
  await symlink(join(blobs, "m1"), join(snapshot, "m.onnx"));
  await symlink(join(blobs, "d1"), join(snapshot, "weights"));
  const read = valueOf(await readModel(join(snapshot, "m.onnx")));
  expect(externalFiles(read.graph)).toEqual([join(blobs, "d1")]);
});

test("data that is short, misplaced or of another length is refused with both numbers", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "weights"), new Uint8Array(15));
  expect(await problemsOf(await withData(folder, "weights"))).toEqual([
    'CP2107 the initialiser "w" ends at byte 16 of "weights", which has 15 bytes',
    'CP2107 the initialiser "v" ends at byte 16 of "weights", which has 15 bytes',
  ]);
  expect((await problemsOf(await withData(folder, "weights", { offset: 4096 })))[0]).toContain("ends at byte 4112");
  expect((await problemsOf(await withData(folder, "weights", { length: 8 })))[0]).toBe(
    'CP2106 the initialiser "w" has the shape [4], which needs 16 bytes; the model says that "weights" holds 8 for it',
  );
  await mkdir(join(folder, "dir"));
  expect(await problemsOf(await withData(folder, "dir"))).toEqual([
    'CP2105 the external data "dir" is not a regular file',
  ]);
});

test("the fixture with external data names its one file", async () => {
  const { graph, folder } = await fixtureModel("flux/flux.dynamo18-external.onnx");
  expect(externalFiles(graph)).toEqual([join(folder, "flux.dynamo18-external.onnx.data")]);
});
