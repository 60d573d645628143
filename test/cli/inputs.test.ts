/**
 * @file `check --simulate --inputs`: archives that do not fit, each with one error that names the archive.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zipSync } from "fflate";
import { afterAll, beforeAll, expect, test } from "vitest";
import { main } from "../../cli/cli.ts";
import { writeModel } from "../../compiler/graph/write.ts";
import { encodeNpz } from "../../ort/files/npz.ts";
import type { OrtTensors } from "../../ort/types.ts";
import { graph, node, random, value } from "../support/graphs.ts";
import { capture } from "./capture.ts";

const x = random(1, [5, 4]);
const good = { x, b: random(2, [5, 4]) };

const folder = mkdtempSync(join(tmpdir(), "inputs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  const sum = graph({
    inputs: [value("x", "float32", ["n", 4]), value("b", "float32", ["n", 4])],
    outputs: [value("y", "float32", null)],
    nodes: [node("Add", ["x", "b"], ["y"])],
  });
  await writeFile(join(folder, "m.onnx"), writeModel(sum, { opsets: { "": 18 } }));
  const splits = { x: { split_dim: 0 }, b: { split_dim: 0 } };
  await writeFile(join(folder, "a.plan.json"), JSON.stringify({ "": [splits, { gather_dim: 0 }] }));
});

/** Errors, and the exit code. */
async function check(archive: Uint8Array): Promise<readonly [number, ...string[]]> {
  const file = join(folder, "in.npz");
  await writeFile(file, archive);
  const io = capture();
  const plan = [join(folder, "a.plan.json"), "--model", join(folder, "m.onnx"), "--ulysses-degree", "2"];
  const code = await main(["check", ...plan, "--simulate", "--inputs", file, "--format", "json"], io);
  const { diagnostics } = JSON.parse(io.stdout()) as {
    diagnostics: readonly { code: string; severity: string; file?: string }[];
  };
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  for (const error of errors) expect(error.file).toBe(file);
  return [code, ...errors.map((error) => error.code)];
}

test.each<readonly [string, string, OrtTensors]>([
  ["a missing array", "CP6000", { x }],
  ["an array that no input has", "CP6001", { ...good, bb: x }],
  ["another type", "CP6003", { ...good, x: random(1, [5, 4], "float64") }],
  ["another rank", "CP6004", { ...good, x: random(1, [20]) }],
  ["another extent", "CP6005", { ...good, x: random(1, [5, 3]) }],
  ["lengths that disagree", "CP6006", { ...good, x: random(1, [6, 4]) }],
])("%s is %s", async (_, code, tensors) => {
  expect(await check(encodeNpz(tensors))).toEqual([1, code]);
});

/** An archive whose "x" has this header, and no content. */
function headed(descr: string, shape: string): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }\n`;
  const header = Buffer.concat([Buffer.from([0x93]), Buffer.from("NUMPY\x01\x00"), Buffer.from([text.length, 0])]);
  return zipSync({ "x.npy": Buffer.concat([header, Buffer.from(text)]) });
}

test("archives that are no archives, cut off or changed, are refused as such", async () => {
  const whole = encodeNpz(good);
  expect(await check(whole)).toEqual([0]);
  for (const bytes of [whole.subarray(0, whole.length / 2), whole.subarray(0, -3), new Uint8Array(0)]) {
    expect(await check(bytes)).toEqual([1, "CP7503"]);
  }
  expect(await check(headed("|O", "(5, 4)"))).toEqual([1, "CP7505"]);
  expect(await check(headed("<f4", "(1000000000000, 4)"))).toEqual([1, "CP7507"]);
});
