/**
 * @file What may be removed from an output folder: the files that an earlier program lists. Everything else is refused by name and stays.
 */
import {
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Result } from "../../compiler/diagnostics/types.ts";
import { writeProgram } from "../../compiler/lower/write.ts";
import type { WriteOptions } from "../../compiler/lower/write.ts";
import type { CompiledProgram } from "../../program/types.ts";
import { sealedText, unseal } from "../../program/seal.ts";
import { temporaryFolder } from "../support/files.ts";
import { lowered } from "./build.ts";
import { splitMatMulGather } from "./graphs.ts";

const write = (folder: string, options?: WriteOptions): Promise<Result<CompiledProgram>> =>
  writeProgram(lowered(splitMatMulGather(2), "/models"), folder, options);

/** A folder with a program, and how all that lies in it and beside it looks. */
async function withProgram(): Promise<{ readonly out: string; readonly look: () => unknown }> {
  const folder = await temporaryFolder();
  const out = join(folder, "program");
  expect((await write(out)).ok).toBe(true);
  return { out, look: () => contents(folder) };
}

function contents(folder: string): Readonly<Record<string, string>> {
  const files = readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => !entry.isDirectory());
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path, entry.isSymbolicLink() ? readlinkSync(path) : readFileSync(path, "latin1")];
    }),
  );
}

const additions: Readonly<Record<string, readonly [make: (out: string) => void, holds: string]>> = {
  "a file": [(out) => writeFileSync(join(out, "thesis.txt"), "1"), "thesis.txt"],
  "a file among the pieces": [(out) => writeFileSync(join(out, "pieces/mine.onnx"), "1"), "pieces/mine.onnx"],
  "a hidden file": [(out) => writeFileSync(join(out, ".env"), "1"), ".env"],
  "an empty folder": [(out) => mkdirSync(join(out, "results")), "results"],
  "a folder": [
    (out) => {
      mkdirSync(join(out, "results"));
      writeFileSync(join(out, "results/a.npz"), "1");
    },
    "results",
  ],
  "a link": [(out) => symlinkSync("/etc/hostname", join(out, "link")), "link"],
  "a link in the place of a piece": [
    (out) => {
      unlinkSync(join(out, "pieces/local0.onnx"));
      symlinkSync("/etc/hostname", join(out, "pieces/local0.onnx"));
    },
    "pieces/local0.onnx",
  ],
  "a link in the place of the pieces": [
    (out) => {
      renameSync(join(out, "pieces"), `${out}-pieces`);
      symlinkSync(`${out}-pieces`, join(out, "pieces"));
    },
    "pieces",
  ],
  "many files": [
    (out) => {
      for (const name of "abcde") writeFileSync(join(out, name), "1");
    },
    "a, b, c and 2 more",
  ],
};

test.each(Object.entries(additions))("refuses a program's folder with %s", async (_, [make, holds]) => {
  const { out, look } = await withProgram();
  make(out);
  const before = look();
  const result = await write(out);
  expect(result).toMatchObject({ ok: false, diagnostics: [{ code: "CP5206" }] });
  expect(result.diagnostics[0]?.message).toContain(` and also ${holds}, which would be lost`);
  expect(look()).toEqual(before);
});

const otherPrograms: Readonly<Record<string, (text: string) => string>> = {
  "the name of the format alone": () => '{"format":"onnx-context-parallel"}',
  "a checksum that is wrong": (text) => text.replace(/"checksum": "../, '"checksum": "zz'),
  "files that were added by hand": (text) => text.replace('"files": {', '"files": {"model.onnx":{"size":1,"hash":""},'),
};

test.each(Object.entries(otherPrograms))("refuses a program.json with %s", async (_, edit) => {
  const { out, look } = await withProgram();
  const file = join(out, "program.json");
  const text = readFileSync(file, "utf8");
  expect(edit(text)).not.toBe(text);
  writeFileSync(file, edit(text));
  writeFileSync(join(out, "model.onnx"), "1");
  const before = look();
  expect((await write(out)).diagnostics[0]).toMatchObject({
    code: "CP5204",
    message: expect.stringContaining("it holds model.onnx, pieces, program.json") as string,
  });
  expect(look()).toEqual(before);
});

test("names that lead out of the folder reach nothing, however they are sealed", async () => {
  const { out } = await withProgram();
  const outside = join(out, "../mine.txt");
  writeFileSync(outside, "1");
  const file = join(out, "program.json");
  const { program, files } = unseal(JSON.parse(readFileSync(file, "utf8")) as object);
  writeFileSync(file, sealedText(program, { ...files, "../mine.txt": Object.values(files)[0]! }));
  expect((await write(out)).ok).toBe(true);
  expect(readFileSync(outside, "utf8")).toBe("1");
});

test("a program that lost a piece, or has an edited one, is replaced", async () => {
  const { out } = await withProgram();
  rmSync(join(out, "pieces/local0.onnx"));
  writeFileSync(join(out, "pieces/local1.onnx"), "edited");
  expect((await write(out)).ok).toBe(true);
  expect(readFileSync(join(out, "pieces/local1.onnx"), "utf8")).not.toBe("edited");
});

test("refuses a folder that holds a source, also where links lead there", async () => {
  const { out, look } = await withProgram();
  const beside = await temporaryFolder();
  symlinkSync(join(out, "pieces/local0.onnx"), join(beside, "model.onnx"));
  symlinkSync(out, join(beside, "folder"));
  const before = look();
  const paths = [
    join(out, "pieces/local0.onnx"),
    join(beside, "model.onnx"),
    join(beside, "folder/pieces/local0.onnx"),
    join(out, "pieces/../program.json"),
  ];
  for (const source of paths) {
    for (const target of [out, join(beside, "folder")]) {
      const result = await write(target, { sources: ["/nowhere/model.onnx", source] });
      expect(result.diagnostics).toMatchObject([
        { code: "CP5207", message: expect.stringContaining(source) as string },
      ]);
    }
  }
  expect(look()).toEqual(before);
  expect((await write(out, { sources: [join(beside, "other.onnx"), "/etc/hostname"] })).ok).toBe(true);
});

test("a file that comes while the program is written is found before anything is lost", async () => {
  const { out, look } = await withProgram();
  const before = look() as object;
  const commit = (work: () => void): void => {
    writeFileSync(join(out, "late.txt"), "1");
    work();
  };
  expect((await write(out, { commit })).diagnostics).toMatchObject([{ code: "CP5206" }]);
  expect(look()).toEqual({ ...before, [join(out, "late.txt")]: "1" });
});

test("a signal ends the writing, and the folder is as it was", async () => {
  const { out, look } = await withProgram();
  const before = look();
  const stop = new AbortController();
  const writing = write(out, { signal: stop.signal });
  stop.abort();
  expect((await writing).diagnostics).toMatchObject([{ code: "CP5208" }]);
  expect(look()).toEqual(before);
  expect(readdirSync(join(out, ".."))).toEqual(["program"]);
});

test("the folder of the process itself and its parents are no program", async () => {
  const { out, look } = await withProgram();
  const before = look();
  expect((await write(join(out, ".."))).diagnostics).toMatchObject([{ code: "CP5204" }]);
  expect((await write(realpathSync("."))).diagnostics).toMatchObject([{ code: "CP5204" }]);
  expect(look()).toEqual(before);
});

test("a copied program is replaced like the first", async () => {
  const { out } = await withProgram();
  cpSync(out, `${out}-copy`, { recursive: true });
  expect((await write(`${out}-copy`)).ok).toBe(true);
});
