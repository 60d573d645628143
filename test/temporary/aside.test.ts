/**
 * @file What a killed compilation leaves next to its target: removed when the target is written again, or restored.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { writeAside } from "../../cli/files.ts";
import { asideOf, sweepAsides } from "../../compiler/temporary/aside.ts";
import { ownerToken } from "../../compiler/temporary/owner.ts";
import { writeProgram } from "../../compiler/lower/write.ts";
import { lowered } from "../lower/build.ts";
import { splitMatMulGather } from "../lower/graphs.ts";
import { temporaryFolder } from "../support/files.ts";
import { folders, ran } from "./support.ts";

let dead: string;

beforeAll(() => {
  dead = ran(`${folders} console.log(ownerToken());`, tmpdir()).stdout.trim();
});

async function withProgram(): Promise<{ readonly folder: string; readonly out: string }> {
  const folder = await temporaryFolder();
  const out = join(folder, "program");
  expect((await writeProgram(lowered(splitMatMulGather(2), "/models"), out)).ok).toBe(true);
  return { folder, out };
}

const writeAgain = async (out: string): Promise<boolean> =>
  (await writeProgram(lowered(splitMatMulGather(2), "/models"), out)).ok;

test("names beside a target say whose they are", () => {
  expect(asideOf("/a/b", "new")).toMatch(new RegExp(`^/a/\\.b\\.new-${ownerToken()}-[0-9a-f]{12}$`));
});

test("what is left of processes that are gone goes, what others have stays", async () => {
  const { folder, out } = await withProgram();
  cpSync(out, join(folder, `.program.old-${dead}-abc`), { recursive: true });
  mkdirSync(join(folder, `.program.new-${dead}-abc/pieces`), { recursive: true });
  const stay = [
    ".program.new-abc",
    `.other.new-${dead}-abc`,
    `.program.new-${ownerToken()}-abc`,
    `.program.old-${ownerToken()}-abc`,
  ];
  for (const name of stay) mkdirSync(join(folder, name));
  expect(await writeAgain(out)).toBe(true);
  expect(readdirSync(folder).sort()).toEqual([...stay, "program"].sort());
});

test("a program that was taken away comes back, where nothing took its place", async () => {
  const { folder, out } = await withProgram();
  writeFileSync(join(out, "thesis.txt"), "1");
  renameSync(out, join(folder, `.program.old-${dead}-abc`));
  expect(await writeAgain(out)).toBe(false);
  expect(readFileSync(join(out, "thesis.txt"), "utf8")).toBe("1");
  expect(readdirSync(folder)).toEqual(["program"]);
});

test("what was taken away and holds more than a program stays", async () => {
  const { folder, out } = await withProgram();
  const old = join(folder, `.program.old-${dead}-abc`);
  cpSync(out, old, { recursive: true });
  writeFileSync(join(old, "thesis.txt"), "1");
  expect(await writeAgain(out)).toBe(true);
  expect(existsSync(join(old, "thesis.txt"))).toBe(true);
});

test("a file of tensors sweeps what was left of it", async () => {
  const folder = await temporaryFolder();
  writeFileSync(join(folder, `.out.npz.new-${dead}-abc`), "half");
  await writeAside(join(folder, "out.npz"), "whole", (_, work) => work());
  expect(readdirSync(folder)).toEqual(["out.npz"]);
});

test("a sweep in a folder that is not there does nothing", () => {
  expect(() => sweepAsides("/nowhere/at/all", () => true)).not.toThrow();
});
