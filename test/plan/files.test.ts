/**
 * @file Unreadable plan files, positions, did-you-mean, and plans given as values.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { suggest } from "../../compiler/diagnostics/suggest.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import { locator } from "../../compiler/plan/positions.ts";
import {
  readParallelConfig,
  readParallelConfigFile,
  readPlanFile,
  readPlanText,
  readPlanValue,
} from "../../compiler/plan/read.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "plans-"));
  writeFileSync(join(folder, "flux.plan.json"), '{ "proj_out": { "gather_dim": 1 } }');
  writeFileSync(join(folder, "model.onnx"), "");
  writeFileSync(join(folder, "large.plan.json"), " ".repeat(17 * 1024 * 1024));
  mkdirSync(join(folder, "folder.plan.json"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ["missing, with a similar one", "flx.plan.json", "CP1001", "did you mean flux.plan.json?"],
  [
    "missing, in a missing folder",
    "no/such.plan.json",
    "CP1001",
    "check the path; a relative path starts from the current folder",
  ],
  ["under a file", "flux.plan.json/x.json", "CP1001", "check the path; a relative path starts from the current folder"],
  [
    "a folder",
    "folder.plan.json",
    "CP1002",
    "give a *.plan.json, *.plan.jsonc or *.plan.ts file; this folder holds none",
  ],
  ["a model", "model.onnx", "CP1006", "this looks like a model: give the plan here, and the model with --model"],
  ["too large", "large.plan.json", "CP1007", 'use patterns such as "blocks.*" instead of one entry per module'],
])("a plan file that is %s", async (_case, name, code, hint) => {
  const path = join(folder, name);
  const result = await readPlanFile(path);
  expect(result.ok).toBe(false);
  expect(result.diagnostics).toMatchObject([{ code, hint, file: path, severity: "error" }]);
});

test("a path that the system refuses is reported, not thrown", async () => {
  const result = await readPlanFile("a\0b.plan.json");
  expect(result.diagnostics).toMatchObject([{ code: "CP1003" }]);
  const long = await readPlanFile(`${"x".repeat(5000)}.plan.json`);
  expect(long.diagnostics).toMatchObject([{ code: "CP1003" }]);
});

test("a config in TypeScript is refused by its name", async () => {
  const result = await readParallelConfigFile("a.config.ts");
  expect(result.diagnostics).toMatchObject([{ code: "CP1006" }]);
});

test("the spelling of the file is kept, a byte order mark counts nowhere", async () => {
  const text = '\ufeff{\n  "a": { "gather_dims": 1 } }';
  const { diagnostics } = await readPlanText(text, "./x/../a.plan.json");
  expect(diagnostics).toMatchObject([
    {
      file: "./x/../a.plan.json",
      start: { line: 2, column: 10, offset: 11 },
      end: { line: 2, column: 23, offset: 24 },
    },
  ]);
});

test("lines end with LF, CR LF and CR", () => {
  const locate = locator("a", "ab\r\nc\rd\n\ne");
  const place = (offset: number): string => {
    const { line, column } = locate(offset, offset).start;
    return `${line}:${column}`;
  };
  expect([0, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(place)).toEqual([
    "1:1",
    "1:3",
    "1:4",
    "2:1",
    "2:2",
    "3:1",
    "3:2",
    "4:1",
    "5:1",
    "5:2",
  ]);
});

test("a plan given as a value names its places in the text", () => {
  const result = readPlanValue({
    "blocks.*": { x: [{ split_dim: 1 }, { split_dims: 1 }] },
    proj_out: { gather_dim: "1" },
  });
  expect(messages(result.diagnostics)).toEqual([
    'blocks.*.x[1] has the unknown key "split_dims"',
    'proj_out.gather_dim cannot be "1"',
  ]);
});

test("a plan given as a value may hold anything", () => {
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  circle["again"] = circle;
  const plan = {
    a: new Map(),
    b: { gather_dim: 1n },
    c: { gather_dim: 1, expected_dims: undefined },
    d: {
      x: new (class Spec {
        split_dim = 1;
      })(),
    },
    e: [() => 1],
    f: Object.assign(Object.create(null), { gather_dim: 1 }),
    g: { gather_dim: NaN },
  };
  expect(messages(readPlanValue(plan).diagnostics)).toEqual([
    "a cannot be an instance of a class (Map)",
    "b.gather_dim cannot be a bigint",
    "d.x cannot be an instance of a class (Spec)",
    "e[0] cannot be a function",
    "g.gather_dim cannot be NaN",
  ]);
  expect(readPlanValue(circle).ok).toBe(false);
  expect(readPlanValue(undefined).ok).toBe(false);
});

test("a parallel config given as a value, in both forms", () => {
  const mesh = { ring_degree: 2, ulysses_degree: 1, rotate_method: "allgather", convert_to_fp32: true };
  expect(readParallelConfig({ ring_degree: 2 })).toMatchObject({ ok: true, value: mesh });
  expect(readParallelConfig({ context_parallel_config: { ring_degree: 2 } })).toMatchObject({ ok: true, value: mesh });
  expect(messages(readParallelConfig({ ring_degree: 0, mesh: {} }).diagnostics)).toEqual([
    "ring_degree is 0; the minimum is 1",
    '"mesh" is not supported',
  ]);
});

test.each([
  ["gather_dims", "gather_dim"],
  ["splitDim", "split_dim"],
  ["hidden_state", "hidden_states"],
  ["transformer_block.0", "transformer_blocks.0"],
  ["img_ids", null],
  ["x", null],
  ["", null],
])("did you mean: %s", (word, expected) => {
  const names = ["gather_dim", "split_dim", "hidden_states", "transformer_blocks.0", "proj_out"];
  expect(suggest(word, names)).toBe(expected);
});

function messages(diagnostics: readonly Diagnostic[]): readonly string[] {
  return diagnostics.map(({ message }) => message);
}
