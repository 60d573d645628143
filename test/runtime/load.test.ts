/**
 * @file Programs on disk: an intact one loads; a damaged one, or one of another model, is refused with both values.
 */
import {
  appendFileSync,
  mkdirSync,
  realpathSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { hashFileSync, identifyData, identifyFiles } from "../../program/identity.ts";
import type { CompiledProgram, ProgramModel } from "../../program/types.ts";
import { sealedText, unseal } from "../../program/seal.ts";
import { loadProgram } from "../../runtime/load/load.ts";
import { findModel } from "../../runtime/load/model-files.ts";
import { modelBytes } from "../support/external.ts";
import { gatherProgram } from "./support/programs.ts";

type Edit = (program: Record<string, unknown>) => void;

const fresh = (): CompiledProgram => gatherProgram({ batch_degree: 1, ring_degree: 1, ulysses_degree: 2 });

function edit({ folder }: CompiledProgram, change: Edit): void {
  const file = join(folder, "program.json");
  const { program, files } = unseal(JSON.parse(readFileSync(file, "utf8")));
  change(program as unknown as Record<string, unknown>);
  writeFileSync(file, sealedText(program, files));
}

/** Writes a model that names `locations` as its external data. */
function modelWith(root: string, locations: readonly string[], data: ProgramModel["data"]): ProgramModel {
  const model = join(root, "model.onnx");
  writeFileSync(model, modelBytes(locations));
  return { path: "../model.onnx", sha256: hashFileSync(model).sha256, data };
}

/** The messages of a refused program, without the folder it happens to lie in. */
async function refusal(folder: string): Promise<readonly string[]> {
  const result = await loadProgram(folder);
  expect(result.ok).toBe(false);
  return result.diagnostics.map(({ code, message, hint }) => {
    expect(hint).toBeTypeOf("string");
    return `${code}: ${message}`.replaceAll(dirname(folder), "ROOT");
  });
}

test("a whole program loads as it was written", async () => {
  const compiled = fresh();
  expect(await loadProgram(compiled.folder)).toEqual({ ok: true, value: compiled, diagnostics: [] });
});

test("no folder, no program", async () => {
  const { folder } = fresh();
  rmSync(join(folder, "program.json"));
  expect((await refusal(folder))[0]).toMatch(/^CP5000: cannot read the program ROOT\/program\/program.json: ENOENT/);
});

test("a truncated program", async () => {
  const { folder } = fresh();
  truncateSync(join(folder, "program.json"), 200);
  expect((await refusal(folder))[0]).toMatch(/^CP5001: ROOT\/program\/program.json is not valid JSON: /);
});

test.each([
  [
    "another format",
    (p: Record<string, unknown>) => (p["format"] = "other"),
    'CP5002: ROOT/program/program.json has the format "other"; a program has the format "onnx-context-parallel"',
  ],
  [
    "no format",
    (p: Record<string, unknown>) => delete p["format"],
    'CP5002: ROOT/program/program.json has the format none; a program has the format "onnx-context-parallel"',
  ],
  [
    "another major version",
    (p: Record<string, unknown>) => (p["version"] = "4.0"),
    'CP5003: ROOT/program/program.json has version "4.0"; this release reads version 3.x',
  ],
  [
    "no steps",
    (p: Record<string, unknown>) => delete p["steps"],
    'CP5004: "steps" of ROOT/program/program.json is not a list',
  ],
  [
    "a broken mesh",
    (p: Record<string, unknown>) => (p["mesh"] = { batch_degree: 1, ring_degree: 0, ulysses_degree: 1 }),
    'CP5004: "mesh.ring_degree" of ROOT/program/program.json is not an integer from 1 to 1024',
  ],
  [
    "a broken model",
    (p: Record<string, unknown>) => (p["model"] = null),
    'CP5004: "model" of ROOT/program/program.json is not an object with path, sha256 and data',
  ],
  [
    "a missing model",
    (p: Record<string, unknown>) => (p["model"] = { ...(p["model"] as object), path: "../gone.onnx" }),
    "CP5007: the program's model ROOT/gone.onnx is missing",
  ],
  [
    "a piece elsewhere",
    (p: Record<string, unknown>) => ((p["pieces"] as { file: string }[])[0]!.file = "../model.onnx"),
    "CP5020: ROOT/program/program.json contradicts itself: it lists no size and sha256 of its file ../model.onnx",
  ],
])("%s", async (_, change, message) => {
  const compiled = fresh();
  edit(compiled, change);
  expect(await refusal(compiled.folder)).toEqual([message]);
});

test("a program that was edited, and a file of it that was", async () => {
  const edited = fresh();
  const file = join(edited.folder, "program.json");
  writeFileSync(file, readFileSync(file, "utf8").replace('"ulysses_degree": 2', '"ulysses_degree": 3'));
  expect((await refusal(edited.folder))[0]).toMatch(
    /^CP5012: .* its content is [0-9a-f]{64}, but the file states [0-9a-f]{64}$/,
  );
  const flipped = fresh();
  const piece = join(flipped.folder, "join.onnx");
  const bytes = readFileSync(piece);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(piece, bytes);
  expect(await refusal(flipped.folder)).toEqual([
    "CP5014: the content of ROOT/program/join.onnx has changed since the program was compiled",
  ]);
  appendFileSync(piece, "!");
  expect((await refusal(flipped.folder))[0]).toMatch(/has \d+ bytes; it had \d+ when the program was compiled$/);
});

test("another minor version is read", async () => {
  const compiled = fresh();
  edit(compiled, (program) => (program["version"] = "3.7"));
  expect((await loadProgram(compiled.folder)).ok).toBe(true);
});

test("missing pieces and another model, all at once; nothing is said of a file that may be anything", async () => {
  const compiled = fresh();
  rmSync(join(compiled.folder, "join.onnx"));
  const model = join(compiled.folder, "../model.onnx");
  appendFileSync(model, "!");
  expect(await refusal(compiled.folder)).toEqual([
    "CP5005: the piece join is missing: there is no file join.onnx in ROOT/program",
    "CP5008: ROOT/model.onnx is not the model that the program was compiled from, " +
      `whose sha256 is ${compiled.program.model.sha256}`,
  ]);
});

test("weights that are missing, of another size, or with other ends", async () => {
  const compiled = fresh();
  const root = dirname(compiled.folder);
  const names = ["a.bin", "b.bin", "c.bin", "d.bin"];
  const data: { file: string; size: number; hash: string }[] = [];
  for (const file of names) {
    writeFileSync(join(root, file), Buffer.alloc(3 * 2 ** 20, file));
    data.push({ file, ...(await identifyData(join(root, file))) });
  }
  edit(compiled, (program) => (program["model"] = modelWith(root, names, data)));
  expect((await loadProgram(compiled.folder)).ok).toBe(true);
  rmSync(join(root, "a.bin"));
  appendFileSync(join(root, "b.bin"), "!");
  writeFileSync(join(root, "c.bin"), Buffer.concat([Buffer.alloc(3 * 2 ** 20 - 1, "c.bin"), Buffer.from("!")]));
  expect(await refusal(compiled.folder)).toEqual([
    "CP5009: the weights ROOT/a.bin of ROOT/model.onnx are missing",
    `CP5010: ROOT/b.bin does not have the ${3 * 2 ** 20} bytes that it had when the program was compiled`,
    `CP5011: ROOT/c.bin does not hold the weights that the program was compiled with: the hash of its first and last MiB and of 64 blocks between them was ${data[2]!.hash} then`,
  ]);
});

test("a model behind a link is the model; its data lies beside the real one, in a folder below, or beside the link", async () => {
  const compiled = fresh();
  const root = dirname(compiled.folder);
  mkdirSync(join(root, "links"));
  mkdirSync(join(root, "below"));
  symlinkSync(join(root, "model.onnx"), join(root, "links/model.onnx"));
  for (const file of ["a.bin", "below/b.bin", "links/c.bin"]) {
    writeFileSync(join(root, file), file);
    const base = file.startsWith("links") ? join(root, "links") : root;
    const data = await identifyFiles([join(root, file)], base);
    edit(
      compiled,
      (program) =>
        (program["model"] = { ...modelWith(root, [file.replace("links/", "")], data), path: "../links/model.onnx" }),
    );
    const loaded = await loadProgram(compiled.folder);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics));
    const found = await findModel(loaded.value.program, compiled.folder);
    expect(found!.weights).toBe(dirname(realpathSync(join(root, file))));
  }
});
