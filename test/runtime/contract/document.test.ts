/**
 * @file The contract of `program.json`: programs of every family satisfy it; each kind of violation has a distinct finding.
 */
import { expect, test } from "vitest";
import type { CompiledProgram, Program } from "../../../program/types.ts";
import { sealedText } from "../../../program/seal.ts";
import { readDocument } from "../../../runtime/contract/document.ts";
import { isExpr } from "../../../runtime/contract/expression.ts";
import { loadProgram } from "../../../runtime/load/load.ts";
import { compiledFixture, shippedPlan } from "../../support/compiled.ts";
import { meshes } from "../../support/meshes.ts";
import { hookProgram, ringProgram, ulyssesProgram } from "../support/programs.ts";

const families = [
  ["chronoedit", "chronoedit/chronoedit.dynamo18-dynamic.onnx"],
  ["flux", "flux/flux.dynamo18-external.onnx"],
  ["flux2", "flux2/flux2.dynamo18-dynamic.onnx"],
  ["helios", "helios/helios.dynamo18-dynamic.onnx"],
  ["ltx", "ltx/ltx.dynamo18-dynamic.onnx"],
  ["ltx2", "ltx2/ltx2.dynamo18-dynamic.onnx"],
  ["minimax_h3", "minimax_h3/minimax_h3.dynamo18-dynamic.onnx"],
  ["qwenimage", "qwenimage/qwenimage.dynamo18-dynamic.onnx"],
  ["wan", "wan/wan.dynamo18-dynamic.onnx"],
] as const;

test.each(families)("the program of %s loads as it was written", async (plan, model) => {
  const compiled = await compiledFixture(model, shippedPlan(plan), meshes["ulysses 2"]);
  expect(await loadProgram(compiled.folder)).toEqual({
    ok: true,
    value: { ...compiled, temporary: false },
    diagnostics: [],
  });
});

function read({ program, files }: CompiledProgram, change: Readonly<Record<string, unknown>> = {}): readonly string[] {
  const result = readDocument("FILE", sealedText({ ...program, ...change }, files));
  return result.ok ? [] : result.diagnostics.map(({ code, message }) => `${code}: ${message}`);
}

const compiled = hookProgram({ batch_degree: 1, ring_degree: 1, ulysses_degree: 2 });
const { program } = compiled;
const withStep = (at: number, change: object): Partial<Program> => ({
  steps: program.steps.map((step, i) => (i === at ? ({ ...step, ...change } as typeof step) : step)),
});
const exchange = program.steps.findIndex(({ kind }) => kind === "collective");

test("handwritten programs satisfy it", () => {
  expect([compiled, ringProgram(3), ulyssesProgram(2)].map((one) => read(one))).toEqual([[], [], []]);
});

test.each<[string, object, string]>([
  ["a list element of another type", { inputs: [null] }, '"inputs[0]" of FILE is not an object'],
  [
    "a step of no kind",
    { steps: [{ kind: "jump" }] },
    '"steps[0]" of FILE is not an object of the kind piece, collective, hook',
  ],
  [
    "a negative extent of integers",
    { derived: { start: { elem: "int64", dims: [-1], elements: [] } } },
    '"derived["start"].dims[0]"',
  ],
  [
    "an unknown element type",
    { inputs: [{ ...program.inputs[0], elem: "complex64" }] },
    "is not an element type of onnxruntime",
  ],
  [
    "a fraction in an expression",
    withStep(exchange, { transfers: [{ send: ["seen"], receive: ["a"], elem: "float32", dims: [1.5] }] }),
    "is not an expression in lengths",
  ],
  [
    "a count by an unknown comparison",
    { lengths: [{ name: "s", sources: [], count: { input: "x", from: 0, to: 1, compare: "=", than: 2 } }] },
    "lengths[0].count.compare",
  ],
  ["a note that is a number", { notes: [1] }, '"notes[0]" of FILE is not an object'],
  [
    "a key that is no name",
    withStep(0, { inputs: { ["x".repeat(20_000)]: "x" } }),
    "is not an object whose keys are a name of 1 to 16384 characters",
  ],
])("%s has no right shape", (_, change, text) => {
  expect(read(compiled, change as Partial<Program>).join("\n")).toMatch(/^CP5004/);
  expect(read(compiled, change as Partial<Program>).join("\n")).toContain(text);
});

test.each<[string, object, string]>([
  [
    "too many ranks",
    { mesh: { batch_degree: 1, ring_degree: 1024, ulysses_degree: 2 } },
    "it is for 2048 ranks; the limit is 1024",
  ],
  [
    "a cut for another mesh",
    { derived: { ...program.derived, at: { elem: "int64", dims: [], elements: [["start:ulysses", 8, 3, 1]] } } },
    "a length is cut into 3 parts over 2 ranks (ulysses)",
  ],
  ["a probe that runs no piece", { probe: { step: 99, reads: [] } }, "the probe is step 99, which runs no piece"],
  ["a probe of values without a shape", { probe: { step: 0, reads: [] } }, "the probe does not state the shape of x"],
  [
    "a probe with an unknown length",
    { probe: { step: 0, reads: [{ name: "x", elem: "float32", dims: ["t"] }] } },
    "the probe's x uses the length t, which does not exist",
  ],
  [
    "a trial that runs no piece",
    { trials: [{ step: 99, reads: [], elems: [] }] },
    "trial 0 is step 99, which runs no piece",
  ],
  [
    "a trial of values without a shape",
    { trials: [{ step: 0, reads: [], elems: [] }] },
    "trial 0 does not state the shape of x",
  ],
  [
    "a check of feeds that depends on a cut",
    { minimums: [{ length: ["start:sequence", "s", 2, 1], at_least: 2, name: "x axis 0", span: null }] },
    "what a run checks of its feeds, or the shape of an output, depends on the cut of a length",
  ],
  ["one input twice", { inputs: [program.inputs[0], program.inputs[0]] }, "the value x is defined twice"],
  [
    "a length called rank",
    { lengths: [...program.lengths, { name: "rank", sources: [{ input: "x", axis: 0 }] }] },
    "the length rank is defined twice",
  ],
  ["a length without source", { lengths: [{ name: "s", sources: [] }] }, "the length s has no source"],
  [
    "a count in no input",
    { lengths: [{ name: "s", sources: [], count: { input: "m", from: 0, to: 1, compare: "<", than: 2 } }] },
    "the length s is counted in m, which is no input",
  ],
  [
    "a count between unknown places",
    { lengths: [{ name: "s", sources: [], count: { input: "x", from: 0, to: "s", compare: "<", than: 2 } }] },
    "the length s is counted between places that no axis determines",
  ],
  [
    "a source that is not there",
    { lengths: [{ name: "s", sources: [{ input: "x", axis: 9 }] }] },
    "is read from x axis 9, which does not exist",
  ],
  [
    "a length that is not there",
    { minimums: [{ length: "constructor", at_least: 1, name: "x", span: null }] },
    "minimum 0 uses the length constructor, which does not exist",
  ],
  [
    "rank in the shape of an input",
    { inputs: [{ ...program.inputs[0], dims: ["rank", 5, 3] }] },
    "the input x uses the length rank",
  ],
  [
    "rank in the shape of an output",
    { outputs: [{ name: "y", elem: "float32", dims: ["rank"] }] },
    "the output y uses the length rank, which does not exist",
  ],
  [
    "integers of another size",
    { derived: { ...program.derived, start: { elem: "int64", dims: [2], elements: [1] } } },
    "the value start has 1 elements for a shape of 2",
  ],
  [
    "a piece without identity",
    { pieces: program.pieces.map((piece) => ({ ...piece, file: "other.onnx" })) },
    "it lists no size and sha256 of its file other.onnx",
  ],
  [
    "weights without identity",
    { pieces: program.pieces.map((piece) => ({ ...piece, weights: "program" })) },
    "it lists no size and sha256 of its file weights.bin",
  ],
  ["a step without its piece", withStep(0, { piece: "gone" }), "step 0: runs the piece gone, which does not exist"],
  [
    "a value that an object brings along",
    withStep(0, { inputs: { x: "toString", start: "start", end: "end" } }),
    "step 0: reads toString, which no step wrote",
  ],
  ["a value freed twice", withStep(0, { frees: ["x", "x"] }), "step 0: frees x, which does not exist"],
])("%s contradicts the rest", (_, change, text) => {
  const said = read(compiled, change as Partial<Program>);
  expect(said[0]).toMatch(/^CP5020: FILE contradicts itself: /);
  expect(said.join("\n")).toContain(text);
});

test("problems are cut to a number that can be read", () => {
  const notes = Array.from({ length: 100 }, (_, i) => ({ name: `l${i}`, sources: [] }));
  expect(read(compiled, { lengths: [...program.lengths, ...notes] })).toHaveLength(20);
});

test.each([
  [5, true],
  ["s", true],
  [["+", "s"], true],
  [["start:sequence", "s", 2, "rank"], true],
  [["start:ulysses", 24, 2, ["%", "rank", 2]], true],
  [["*", ["//", "s", "t"], -3], true],
  [0.5, false],
  [2 ** 60, false],
  [null, false],
  ["", false],
  ["__proto__", false],
  [[], false],
  [["+"], false],
  [["//", "s", 0], false],
  [["%", "s"], false],
  [["start:sequence", "s", "n", "rank"], false],
  [["start:sequence", "s", 0, "rank"], false],
  [["start:rows", "s", 2, "rank"], false],
  [["chunk:sequence", "s", 2, "rank"], false],
  [["pow", "s", 2], false],
  [["toString", 1], false],
])("%j is an expression: %s", (value, expected) => {
  expect(isExpr(value)).toBe(expected);
});

test("nesting and size are bounded before anything recurses", () => {
  const deep = `{"format":"onnx-context-parallel","version":"3.0","notes":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
  expect(readDocument("FILE", deep).diagnostics).toMatchObject([{ code: "CP5021" }]);
});

test("a large program takes time in proportion to its size", () => {
  const pieces = Array.from({ length: 20_000 }, (_, i) => ({ ...program.pieces[0]!, id: `p${i}`, file: "slice.onnx" }));
  const started = performance.now();
  expect(read(compiled, { pieces: [...program.pieces, ...pieces] })).toEqual([]);
  expect(performance.now() - started).toBeLessThan(5000);
});
