/**
 * @file Writing a program: the content of the folder, what may be replaced, and that a failure leaves everything unchanged.
 */
import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeProgram } from "../../compiler/lower/write.ts";
import { unseal } from "../../program/seal.ts";
import { loadProgram } from "../../runtime/load/load.ts";
import { temporaryFolder } from "../support/files.ts";
import { lowered } from "./build.ts";
import { splitMatMulGather } from "./graphs.ts";

const program = (folder: string): ReturnType<typeof lowered> => lowered(splitMatMulGather(2), folder);

test("writes program.json and the pieces, and nothing else", async () => {
  const folder = await temporaryFolder();
  const out = join(folder, "deep/er/program");
  const result = await writeProgram(program(folder), out);
  expect(result).toMatchObject({ ok: true, value: { folder: out, temporary: false } });
  expect(readdirSync(out).sort()).toEqual(["pieces", "program.json"]);
  expect(readdirSync(join(out, "pieces")).sort()).toEqual(["local0.onnx", "local1.onnx"]);
  expect(readdirSync(join(folder, "deep/er"))).toEqual(["program"]);
  const text = readFileSync(join(out, "program.json"), "utf8");
  expect(result.ok && result.value.program).toEqual(unseal(JSON.parse(text)).program);
});

test("names the model relative to the program where both lie in one folder, else by its full path", async () => {
  const folder = await temporaryFolder();
  const pathFrom = async (out: string): Promise<string> => {
    const result = await writeProgram(program(join(folder, "models")), join(folder, out));
    return result.ok ? result.value.program.model.path : "";
  };
  expect(await pathFrom("models/program")).toBe("../tiny.onnx");
  expect(await pathFrom("program")).toBe("../models/tiny.onnx");
  expect(await pathFrom("other/program")).toBe(join(folder, "models/tiny.onnx"));
});

test("replaces an earlier program and an empty folder, also through a link", async () => {
  const folder = await temporaryFolder();
  const out = join(folder, "program");
  mkdirSync(out);
  expect((await writeProgram(program(folder), out)).ok).toBe(true);
  symlinkSync(out, join(folder, "link"));
  expect((await writeProgram(program(folder), join(folder, "link"))).ok).toBe(true);
  expect((await loadProgram(out)).diagnostics.map(({ code }) => code)).toEqual(["CP5007"]);
  expect(readdirSync(folder).sort()).toEqual(["link", "program"]);
});

test.each([
  ["a folder with other files", ["a.txt", "b.txt"], "a.txt, b.txt"],
  ["a folder with many", ["a", "b", "c", "d", "e"], "a, b, c and 2 more"],
  ["a program.json of something else", ["program.json"], "program.json"],
])("refuses %s", async (_, names, holds) => {
  const folder = await temporaryFolder();
  for (const name of names) writeFileSync(join(folder, name), '{"format":"other"}');
  const result = await writeProgram(program(folder), folder);
  expect(result).toMatchObject({ ok: false, diagnostics: [{ code: "CP5204" }] });
  expect(result.diagnostics[0]!.message).toBe(`${folder} exists and is not a compiled program: it holds ${holds}`);
  expect(readdirSync(folder).sort()).toEqual(names);
});

test("says why the file system refuses, and leaves nothing", async () => {
  const folder = await temporaryFolder();
  writeFileSync(join(folder, "file"), "");
  const inside = await writeProgram(program(folder), join(folder, "file/program"));
  expect(inside).toMatchObject({ ok: false, diagnostics: [{ code: "CP5205" }] });
  const onFile = await writeProgram(program(folder), join(folder, "file"));
  expect(onFile).toMatchObject({ ok: false, diagnostics: [{ code: "CP5204" }] });
  expect(readdirSync(folder)).toEqual(["file"]);
});

test("a failure half-way keeps the earlier program", async () => {
  const folder = await temporaryFolder();
  const out = join(folder, "program");
  expect((await writeProgram(program(folder), out)).ok).toBe(true);
  const before = readFileSync(join(out, "program.json"), "utf8");
  const data = { kind: "external", file: join(folder, "gone.data"), offset: 0, length: 1 } as const;
  const broken = await writeProgram({ ...program(folder), weights: [{ offset: 0, data }] }, out);
  expect(broken.ok).toBe(false);
  expect(readFileSync(join(out, "program.json"), "utf8")).toBe(before);
  expect(readdirSync(folder)).toEqual(["program"]);
});
