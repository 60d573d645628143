/**
 * @file Properties of the readers: nothing throws, strict JSON is exactly JSON, and a plan means the same in every form: JSON, JSONC,
 * TypeScript, or a value.
 */
import { isUtf8 } from "node:buffer";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Result } from "../../compiler/diagnostics/types.ts";
import { toValue } from "../../compiler/plan/ast.ts";
import { parseJson } from "../../compiler/plan/json/parse.ts";
import { readParallelConfig, readPlanText, readPlanValue } from "../../compiler/plan/read.ts";
import { decode } from "../../compiler/plan/source.ts";
import type { Plan } from "../../compiler/plan/types.ts";
import { plans } from "./arbitraries.ts";

const strict = { comments: false, example: "" };

test("a plan means the same however it is written", async () => {
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      const json = JSON.stringify(plan, null, 1);
      const typescript = `import { definePlan } from "onnx-context-parallel";\nexport default definePlan(${json});\n`;
      const written = await readPlanText(json, "a.plan.json");
      expect(written.diagnostics).toEqual([]);
      const expected = meaning(written);
      expect(meaning(readPlanValue(plan))).toEqual(expected);
      expect(meaning(await readPlanText(`// remark\n${json}`, "a.plan.jsonc"))).toEqual(expected);
      expect(meaning(await readPlanText(typescript, "a.plan.ts"))).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});

test("every spec points to its own text", async () => {
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      const text = JSON.stringify(plan, null, 2).replaceAll("\n", "\r\n");
      const result = await readPlanText(text, "a.plan.json");
      expect(result.ok).toBe(true);
      if (!result.ok) return;
      const lines = text.split("\r\n");
      for (const { pattern, patternSpan, specs } of result.value.entries) {
        const { start, end } = patternSpan!;
        expect(JSON.parse(text.slice(start.offset, end.offset))).toBe(pattern);
        expect(lines[start.line - 1]!.slice(start.column - 1).startsWith(JSON.stringify(pattern))).toBe(true);
        for (const { origin, dim } of specs) {
          const written = JSON.parse(text.slice(origin.span!.start.offset, origin.span!.end.offset));
          expect(written.split_dim ?? written.gather_dim).toBe(dim);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("strict JSON is exactly what JSON.parse accepts", () => {
  const json = fc.json({ maxDepth: 4 });
  const pieces = fc.constantFrom(
    ",",
    "}",
    "{",
    "]",
    '"',
    ":",
    "1",
    " ",
    "\n",
    "//",
    "/*",
    "-",
    ".",
    "e",
    "\\",
    "nul",
    "\u0001",
    "\ufeff",
  );
  const damaged = fc.tuple(json, fc.nat(), pieces).map(([text, at, piece]) => {
    const index = at % (text.length + 1);
    return text.slice(0, index) + piece + text.slice(index);
  });
  fc.assert(
    fc.property(fc.oneof(json, damaged, fc.string({ unit: "binary", maxLength: 20 })), (text) => {
      const { root, diagnostics } = parseJson(text, "a.json", strict);
      const errors = diagnostics.filter(({ code }) => code !== "CP1104");
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch {
        expect(errors.length).toBeGreaterThan(0);
        return;
      }
      expect(errors).toEqual([]);
      // Written again, since -0 has no sign in a plan.
      if (diagnostics.length === 0) expect(JSON.stringify(toValue(root!))).toBe(JSON.stringify(value));
    }),
    { numRuns: 1000 },
  );
});

test("no text makes a reader throw, and every error has a place inside the text", async () => {
  const fragments = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    '"a"',
    ":",
    ",",
    "gather_dim",
    "split_dim",
    "1",
    "definePlan",
    "(",
    ")",
    "export default ",
    "=>",
    "`${",
    "const a = ",
    ";",
    "...",
    "?.",
    "\r",
    "\n",
  );
  const texts = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.array(fragments, { maxLength: 30 }).map((parts) => parts.join("")),
    fc.json(),
  );
  await fc.assert(
    fc.asyncProperty(texts, fc.constantFrom("a.plan.json", "a.plan.jsonc", "a.plan.ts"), async (text, name) => {
      const result = await readPlanText(text, name);
      for (const { start, end, file } of result.diagnostics) {
        expect(file).toBe(name);
        expect(start!.offset).toBeLessThanOrEqual(end!.offset);
        expect(end!.offset).toBeLessThanOrEqual(text.length);
      }
    }),
    { numRuns: 400 },
  );
});

test("no value makes a reader throw", () => {
  const values = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withNullPrototype: true,
    withSparseArray: true,
  });
  fc.assert(
    fc.property(values, (value) => {
      for (const result of [readPlanValue(value), readParallelConfig(value)]) {
        if (!result.ok) expect(result.diagnostics.some(({ severity }) => severity === "error")).toBe(true);
        for (const { start, message } of result.diagnostics) {
          expect(start).toBeUndefined();
          expect(message).not.toBe("");
        }
      }
    }),
    { numRuns: 1000 },
  );
});

test("bytes are read exactly if they are UTF-8, else the first wrong byte is named", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.string({ unit: "binary" }).map((text) => new TextEncoder().encode(text)),
  );
  fc.assert(
    fc.property(bytes, (data) => {
      const result = decode(data, "a.json");
      expect(result.ok).toBe(isUtf8(data));
      if (result.ok) expect(new TextEncoder().encode(result.value)).toEqual(withoutMark(data));
      else expect(result.diagnostics).toHaveLength(1);
    }),
    { numRuns: 1000 },
  );
});

function withoutMark(data: Uint8Array): Uint8Array {
  return data[0] === 0xef && data[1] === 0xbb && data[2] === 0xbf ? data.subarray(3) : data;
}

/** Modules and specs by name, without spans: JavaScript puts numeric keys first, a file does not. */
function meaning(result: Result<Plan>): unknown {
  if (!result.ok) return result.diagnostics;
  const entries = result.value.entries.map(({ pattern, specs }) => {
    const plain = specs.map(({ origin, ...spec }) => [origin.pointer, JSON.stringify(spec)]);
    return [pattern, Object.fromEntries(plain)];
  });
  return Object.fromEntries(entries);
}
