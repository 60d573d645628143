/**
 * @file Sealed programs with malicious content: they read only their own and the model's files, reveal nothing about others, and every
 * problem is a diagnostic. A file that changes later is found at the next check: attach, then the rank.
 */
import { chunk } from "../../compiler/expr/expr.ts";
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { hashFileSync, identify } from "../../program/identity.ts";
import type { CompiledProgram, Program, ProgramFiles } from "../../program/types.ts";
import { identifyOwn, sealedText } from "../../program/seal.ts";
import { attach } from "../../runtime/attach/attach.ts";
import { loadProgram } from "../../runtime/load/load.ts";
import { loadPieces } from "../../runtime/rank/pieces.ts";
import { modelBytes } from "../support/external.ts";
import { withoutRights } from "../support/files.ts";
import { newFolder } from "./support/models.ts";
import { feed, gatherProgram } from "./support/programs.ts";
import { externalProgram } from "./support/special.ts";

const fresh = (): CompiledProgram => gatherProgram({ batch_degree: 1, ring_degree: 1, ulysses_degree: 2 });

/** Seals the program again with what is in its folder now. */
function reseal(
  { folder, program, files }: CompiledProgram,
  change: Partial<Program> = {},
  more: ProgramFiles = {},
): void {
  const known = { ...identifyOwn(folder, Object.keys(files)), ...more };
  writeFileSync(join(folder, "program.json"), sealedText({ ...program, ...change }, known));
}

async function refusal(folder: string): Promise<readonly string[]> {
  const { ok, diagnostics } = await loadProgram(folder);
  expect(ok).toBe(false);
  return diagnostics.map(({ code, message }) => `${code}: ${message}`.replaceAll(dirname(folder), "ROOT"));
}

test.each([
  ["../secret", "../secret"],
  ["/etc/passwd", "/etc/passwd"],
  ["a file of the program that is no weights", "join.onnx"],
  ["nothing", ""],
  ["memory of the process", "*/_ORT_MEM_ADDR_/*"],
])("a piece that reads %s is refused", async (_, location) => {
  for (const weights of [null, "program"] as const) {
    const compiled = fresh();
    const { folder, program } = compiled;
    writeFileSync(join(folder, "slice.onnx"), modelBytes([location]));
    writeFileSync(join(folder, "weights.bin"), "weights");
    const pieces = program.pieces.map((piece) => ({ ...piece, weights }));
    reseal(compiled, { pieces }, identifyOwn(folder, ["weights.bin"]));
    expect(await refusal(folder)).toEqual([
      `CP5017: the piece slice would read the file ${JSON.stringify(location)} as weights; ` +
        (weights === null ? "it may read none" : "it may read weights.bin"),
    ]);
  }
});

test("a piece reads the model's data files, and nothing that lies beside them", async () => {
  const compiled = externalProgram("model");
  reseal(compiled);
  expect(await loadProgram(compiled.folder)).toMatchObject({ ok: true, diagnostics: [] });
  const root = dirname(compiled.folder);
  writeFileSync(join(root, "id_rsa"), "a secret whose ends are known");
  writeFileSync(join(compiled.folder, "add.onnx"), modelBytes(["id_rsa"]));
  reseal(compiled);
  expect(await refusal(compiled.folder)).toEqual([
    'CP5017: the piece add would read the file "id_rsa" as weights; it may read weights.bin',
  ]);
  // Even if the program says that it is a data file: the model does not say so.
  const { model } = compiled.program;
  const data = [...model.data, { file: "id_rsa", ...identify(join(root, "id_rsa")) }];
  reseal(compiled, { model: { ...model, data } });
  expect((await refusal(compiled.folder))[0]).toMatch(
    /^CP5018: the program names ROOT\/id_rsa as weights, but .* does not list/,
  );
});

test("no other file is opened for a document that is not whole", async () => {
  const { folder, program, files } = fresh();
  const file = join(folder, "program.json");
  const whole = readFileSync(file, "utf8");
  for (const name of Object.keys(files)) rmSync(join(folder, name));
  rmSync(join(dirname(folder), "model.onnx"));
  expect((await refusal(folder)).length).toBeGreaterThan(1);
  writeFileSync(file, whole.replace('"module": "block"', '"module": "other"'));
  expect(await refusal(folder)).toEqual([expect.stringMatching(/^CP5012/)]);
  writeFileSync(file, sealedText({ ...program, outputs: [] }, { ...files, "more.bin": { size: -1, sha256: "" } }));
  expect((await refusal(folder)).map((text) => text.slice(0, 6))).not.toContain("CP5005");
});

test("a piece in another format than ONNX is refused", async () => {
  const compiled = fresh();
  writeFileSync(join(compiled.folder, "join.onnx"), Buffer.from("\x18\0\0\0ORTM"));
  reseal(compiled);
  expect(await refusal(compiled.folder)).toEqual([
    "CP5019: the piece join (join.onnx) is not an ONNX model: it is in the ORT format",
  ]);
});

test("links that leave the folders are not followed", async () => {
  const compiled = fresh();
  renameSync(join(compiled.folder, "join.onnx"), join(dirname(compiled.folder), "join.onnx"));
  symlinkSync("../join.onnx", join(compiled.folder, "join.onnx"));
  expect(await refusal(compiled.folder)).toEqual([
    "CP5015: the program's file join.onnx is not inside ROOT/program, or is a symbolic link that leads out of it",
  ]);
  const linked = fresh();
  renameSync(join(linked.folder, "program.json"), join(dirname(linked.folder), "program.json"));
  symlinkSync("../program.json", join(linked.folder, "program.json"));
  expect((await refusal(linked.folder))[0]).toMatch(/^CP5000: .*a symbolic link leads out of its folder$/);
  const weights = externalProgram("model");
  reseal(weights);
  const elsewhere = join(newFolder(), "weights.bin");
  renameSync(join(dirname(weights.folder), "weights.bin"), elsewhere);
  symlinkSync(elsewhere, join(dirname(weights.folder), "weights.bin"));
  expect((await refusal(weights.folder))[0]).toMatch(/^CP5018/);
});

test("nothing is said of the size or hash of a file that a program names as its model", async () => {
  const compiled = fresh();
  const secret = join(newFolder(), "secret");
  writeFileSync(secret, "x".repeat(12_345));
  reseal(compiled, { model: { ...compiled.program.model, path: secret } });
  const said = (await refusal(compiled.folder)).join("\n");
  expect(said).toMatch(/^CP5008/);
  expect(said).not.toContain("12345");
  expect(said).not.toContain(hashFileSync(secret).sha256);
});

test("a large file of the program is compared whole", async () => {
  const compiled = externalProgram("program");
  const weights = join(compiled.folder, "weights.bin");
  const bytes = Buffer.alloc(5 * 2 ** 20, readFileSync(weights));
  writeFileSync(weights, bytes);
  reseal(compiled);
  expect((await loadProgram(compiled.folder)).ok).toBe(true);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(weights, bytes);
  expect(await refusal(compiled.folder)).toEqual([
    "CP5014: the content of ROOT/program/weights.bin has changed since the program was compiled",
  ]);
});

const attempt = (compiled: CompiledProgram): Promise<string> =>
  attach(compiled).then(
    async (session) => {
      await session.release();
      return "attached";
    },
    (error: unknown) => (error as Error).message.replaceAll(dirname(compiled.folder), "ROOT"),
  );

test("attach finds what has changed since the program was compiled or loaded", async () => {
  const piece = fresh();
  appendFileSync(join(piece.folder, "join.onnx"), "!");
  expect(await attempt(piece)).toMatch(
    /^CP5014: ROOT\/program\/join.onnx has \d+ bytes; it had \d+ when the program was compiled/,
  );
  const model = fresh();
  appendFileSync(join(dirname(model.folder), "model.onnx"), "!");
  expect(await attempt(model)).toMatch(/^CP5008: ROOT\/model.onnx is not the model/);
  const weights = externalProgram("program");
  writeFileSync(join(weights.folder, "weights.bin"), Buffer.alloc(60));
  expect(await attempt(weights)).toMatch(/^CP5014: the content of ROOT\/program\/weights.bin has changed/);
  const data = externalProgram("model");
  writeFileSync(join(dirname(data.folder), "weights.bin"), Buffer.alloc(60));
  expect(await attempt(data)).toMatch(/^CP5011: ROOT\/weights.bin does not hold the weights/);
  const gone = fresh();
  rmSync(gone.folder, { recursive: true });
  expect(await attempt(gone)).toMatch(/^CP5005: the piece slice is missing/);
});

test("a rank loads no piece that has changed since it was checked", async () => {
  const { folder, files, program } = fresh();
  appendFileSync(join(folder, "join.onnx"), "!");
  const own = { backend: "binding", device: "cpu", threads: 1, plain: [], turns: null } as const;
  const settings = { ...own, folder, files, modelFolder: null };
  await expect(
    loadPieces(
      program.pieces,
      settings,
      1,
      (work) => work(),
      () => undefined,
    ),
  ).rejects.toThrow(
    /^CP6503: rank 1 could not load the piece join on cpu: .*join.onnx has changed since it was checked/,
  );
});

test("files that may not be read are diagnostics", async () => {
  const compiled = fresh();
  const { folder } = compiled;
  const model = join(dirname(folder), "model.onnx");
  expect(await withoutRights(model, () => refusal(folder))).toEqual([
    expect.stringMatching(/^CP5016: cannot read ROOT\/model.onnx: EACCES/),
  ]);
  expect(await withoutRights(join(folder, "join.onnx"), () => refusal(folder))).toEqual([
    expect.stringMatching(/^CP5016: cannot read ROOT\/program\/join.onnx: EACCES/),
  ]);
  expect(await withoutRights(join(folder, "program.json"), () => refusal(folder))).toEqual([
    expect.stringMatching(/^CP5000: cannot read the program .*EACCES/),
  ]);
  expect(await withoutRights(folder, () => refusal(folder))).toEqual([expect.stringMatching(/^CP5000: .*EACCES/)]);
});

test("no path of a program's folder is an exception", async () => {
  const folder = newFolder();
  mkdirSync(join(folder, "program.json"));
  for (const dir of [folder, "", "a\0b", "x".repeat(5000), join(folder, "program.json")]) {
    expect((await loadProgram(dir)).diagnostics).toMatchObject([{ code: "CP5000" }]);
  }
});

test("lengths for which a program has no number are diagnostics of the run", async () => {
  const compiled = fresh();
  const { program } = compiled;
  const equation = {
    left: ["//", 7, ["+", "s", -4]],
    right: 7,
    left_name: "a",
    right_name: "b",
    module: "",
    span: null,
  } as const;
  const session = await attach({ ...compiled, program: { ...program, equations: [equation] } });
  await expect(session.run(feed(4))).rejects.toThrow(/^CP6014: 7 \/\/ \(s - 4\) has no value for the lengths s = 4/);
  await session.release();
  const steps = JSON.parse(
    JSON.stringify(program.steps).replace(
      JSON.stringify(chunk("sequence", "s", 2, "rank")),
      '["*","s",9007199254740991]',
    ),
  ) as Program["steps"];
  const other = await attach({ ...compiled, program: { ...program, steps } });
  await expect(other.run(feed(4))).rejects.toThrow(/^CP6014: an extent of a collective has no value/);
  await other.release();
});

test("a length may be called as what every object has", async () => {
  const compiled = fresh();
  const program = JSON.parse(JSON.stringify(compiled.program).replaceAll('"s"', '"constructor"')) as Program;
  const session = await attach({ ...compiled, program });
  await expect(session.run({})).rejects.toThrow(/^CP6000/);
  expect((await session.run(feed(3)))["y"]!.dims).toEqual([3, 5, 3]);
  await session.release();
});
