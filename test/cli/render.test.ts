/**
 * @file Diagnostics as text and as JSON: golden files, and difficult cases of code frames.
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { codeFrame, printable } from "../../compiler/diagnostics/frame.ts";
import { noColors, renderDiagnostics, renderReport } from "../../compiler/diagnostics/render.ts";
import type { Diagnostic, Position } from "../../compiler/diagnostics/types.ts";

const plan = `{
  "": {
    "hidden_states": { "split_dim": 1 },
\t"img_idz": { "split_dim": 0 }
  },
  "proj_out": { "gather_dim": 1 }
}
`;

function position(text: string, offset: number): Position {
  const before = text.slice(0, offset).split(/\r\n|\n|\r/);
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, offset };
}

function place(text: string, part: string): { readonly start: Position; readonly end: Position } {
  const at = text.indexOf(part);
  return { start: position(text, at), end: position(text, at + part.length) };
}

const unknown: Diagnostic = {
  code: "CP3999",
  severity: "error",
  message: 'the root module has no parameter "img_idz"',
  file: "a.plan.json",
  ...place(plan, '"img_idz"'),
  related: [
    { message: "the entry that gathers it", file: "a.plan.json", ...place(plan, '"proj_out"') },
    { message: "the value is read here", module: "rope", node: "MatMul_3" },
  ],
  hint: 'did you mean "img_ids"?',
};
const whole: Diagnostic = {
  code: "CP2999",
  severity: "warning",
  message: "no attention\nsees a split value",
  related: [],
};
const note: Diagnostic = { code: "CP4999", severity: "note", message: "aligned", file: "model.onnx", related: [] };

const read = (file: string): string | undefined => (file === "a.plan.json" ? plan : undefined);

test("text with frames, related places, hints and counts", async () => {
  const text = renderDiagnostics([unknown, whole, note], { read });
  await expect(text).toMatchFileSnapshot("golden/render.txt");
});

test("text in colours", async () => {
  const mark = (name: string) => (text: string) => `<${name}>${text}</${name}>`;
  const colors = { bold: mark("b"), dim: mark("dim"), red: mark("red"), yellow: mark("yellow"), cyan: mark("cyan") };
  await expect(renderDiagnostics([unknown, whole, note], { read, colors })).toMatchFileSnapshot(
    "golden/render-colours.txt",
  );
});

test("the report is one JSON document with its keys in order", async () => {
  const report = { version: "1.2.3", command: "check", ok: false, diagnostics: [unknown], result: undefined };
  await expect(renderReport(report)).toMatchFileSnapshot("golden/report.json");
});

test("nothing is said about nothing", () => {
  expect(renderDiagnostics([])).toBe("");
  expect(Object.values(noColors).map((color) => color("x"))).toEqual(["x", "x", "x", "x", "x"]);
});

test("without the file's text there is a place and no frame", () => {
  const lines = renderDiagnostics([{ ...unknown, related: [] }]).split("\n");
  expect(lines[1]).toBe("  at a.plan.json:4:2");
  expect(lines[2]).toBe('  hint: did you mean "img_ids"?');
});

function frameOf(text: string, part: string, width = 80): string {
  const { start, end } = place(text, part);
  const frame = codeFrame(text, start, end, width);
  return frame === null ? "none" : `${frame.line}\n${frame.code}\n${frame.carets}`;
}

test("line ends of every kind", () => {
  for (const end of ["\n", "\r\n", "\r"]) {
    expect(frameOf(["{", '  "a": 1,', '  "b": 2', "}"].join(end), '"b"')).toBe('3\n  "b": 2\n  ^^^');
  }
});

test("tabs take four columns under the range as above it", () => {
  expect(frameOf('\t\t"a":\t1', "1")).toBe(`1\n        "a":    1\n${" ".repeat(16)}^`);
});

test("wide, combining and paired characters keep the carets under the range", () => {
  expect(frameOf('"\u4e2d\u6587": 1', "1")).toBe(`1\n"\u4e2d\u6587": 1\n${" ".repeat(8)}^`);
  expect(frameOf('"e\u0301": 1', "1")).toBe(`1\n"e\u0301": 1\n${" ".repeat(5)}^`);
  expect(frameOf('"\u{1f600}": 1', '"\u{1f600}"')).toBe('1\n"\u{1f600}": 1\n^^^^');
});

test("a long line is cut around the range", () => {
  const text = `[${Array.from({ length: 400 }, (_, i) => `"key${i}"`).join(",")}]`;
  const [, code = "", carets = ""] = frameOf(text, '"key200"', 60).split("\n");
  expect(code.startsWith("...")).toBe(true);
  expect(code.endsWith("...")).toBe(true);
  expect(code.length).toBeLessThanOrEqual(66);
  expect(code.slice(carets.indexOf("^"), carets.lastIndexOf("^") + 1)).toBe('"key200"');
});

test("a range over several lines marks its first one", () => {
  expect(frameOf('{ "a":\n  1 }', '"a":\n  1')).toBe('1\n{ "a":\n  ^^^^');
});

test("an empty range and the end of the file get one caret", () => {
  const at = position("{ ", 2);
  expect(codeFrame("{ ", at, at, 80)).toEqual({ line: 1, code: "{", carets: "  ^" });
  expect(codeFrame("", position("", 0), position("", 0), 80)).toEqual({ line: 1, code: "", carets: "^" });
});

test("a range outside the text gives no frame", () => {
  const { start, end } = place(plan, '"proj_out"');
  expect(codeFrame("{}", start, end, 80)).toBeNull();
});

test("control characters and text direction marks never reach the terminal", () => {
  expect(printable("a\u001b[31mb\u202ec\nd")).toBe("a?[31mb?c\nd");
  expect(frameOf('"\u001b[31m": 7', "7")).toBe('1\n"?[31m": 7\n         ^');
});

test("any range of any text gives a frame whose carets lie under its characters", () => {
  const text = fc.string({
    unit: fc.constantFrom("a", "{", "\t", "\n", "\r", "\u4e2d", "\u0301", "\u001b", " "),
    maxLength: 60,
  });
  fc.assert(
    fc.property(text, fc.nat(60), fc.nat(60), fc.integer({ min: 10, max: 60 }), (text, a, b, width) => {
      const start = position(text, Math.min(a, b, text.length));
      const end = position(text, Math.min(Math.max(a, b), text.length));
      const frame = codeFrame(text, start, end, width);
      expect(frame?.carets).toMatch(/^ *\^+( *\^+)*$/);
      expect(frame?.code).not.toMatch(/[\t\n\r]/);
      expect(frame?.line).toBe(start.line);
    }),
  );
});

test("of a line as long as its file only the part around the range is looked at", () => {
  const text = `${"a".repeat(1_000_000)}X${"\u0301".repeat(1_000_000)}`;
  const before = performance.now();
  const { start, end } = {
    start: { line: 1, column: 1, offset: 1_000_000 },
    end: { line: 1, column: 2, offset: 1_000_001 },
  };
  for (let i = 0; i < 1000; i += 1) expect(codeFrame(text, start, end, 40)?.carets.trim()).toBe("^");
  expect(performance.now() - before).toBeLessThan(20_000);
  const frame = codeFrame(text, start, end, 40);
  expect(frame?.code).toMatch(/^\.\.\.a{24}X\u0301+\.\.\.$/);
});

test("a pair of units at the edge of what is looked at is not cut", () => {
  const text = `${"\u{1f600}".repeat(500)}X${"\u{1f600}".repeat(500)}`;
  for (const offset of [1000, 1001, 998, 996]) {
    const place = { line: 1, column: 1, offset };
    expect(codeFrame(text, place, place, 41)?.code).not.toContain("?");
  }
});
