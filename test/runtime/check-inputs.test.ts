/**
 * @file Wrong feeds and fetches: all errors at once, each with both names and both numbers.
 */
import { Tensor } from "onnxruntime-node";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Program } from "../../program/types.ts";
import { checkFetches, checkInputs } from "../../runtime/caller/check-inputs.ts";
import { gatherProgram } from "./support/programs.ts";

const span = {
  file: "flux.plan.json",
  start: { line: 4, column: 3, offset: 60 },
  end: { line: 4, column: 30, offset: 87 },
};

/** The outline of Flux: tokens and ids of text and image, and a length that two inputs share. */
const program: Program = {
  ...gatherProgram({ batch_degree: 1, ring_degree: 1, ulysses_degree: 2 }).program,
  inputs: [
    { name: "hidden_states", elem: "float32", dims: [1, "img", 4] },
    { name: "encoder_hidden_states", elem: "float32", dims: [1, "txt", 8] },
    { name: "img_ids", elem: "float32", dims: ["ids", 3] },
    { name: "txt_ids", elem: "int64", dims: ["tids", 3] },
    { name: "timestep", elem: "float32", dims: ["batch"] },
    { name: "guidance", elem: "float32", dims: ["batch"] },
    { name: "mask", elem: "bool", dims: ["batch", ["+", "txt", "img"]] },
  ],
  outputs: [{ name: "sample", elem: "float32", dims: [1, "img", 4] }],
  lengths: [
    { name: "img", sources: [{ input: "hidden_states", axis: 1 }] },
    { name: "txt", sources: [{ input: "encoder_hidden_states", axis: 1 }] },
    { name: "ids", sources: [{ input: "img_ids", axis: 0 }] },
    { name: "tids", sources: [{ input: "txt_ids", axis: 0 }] },
    {
      name: "batch",
      sources: [
        { input: "timestep", axis: 0 },
        { input: "guidance", axis: 0 },
        { input: "mask", axis: 0 },
      ],
    },
  ],
  equations: [
    { left: "img", right: "ids", left_name: "hidden_states axis 1", right_name: "img_ids axis 0", module: "", span },
    {
      left: "txt",
      right: "tids",
      left_name: "encoder_hidden_states axis 1",
      right_name: "txt_ids axis 0",
      module: "blocks.0",
      span: null,
    },
  ],
  minimums: [{ length: "img", at_least: 2, name: "hidden_states axis 1", span }],
};

const float = (...dims: readonly number[]): Tensor =>
  new Tensor("float32", new Float32Array(dims.reduce((a, b) => a * b, 1)), dims);
const good = {
  hidden_states: float(1, 6, 4),
  encoder_hidden_states: float(1, 5, 8),
  img_ids: float(6, 3),
  txt_ids: { type: "int64", dims: [5, 3], data: new BigInt64Array(15) },
  timestep: float(1),
  guidance: float(1),
  mask: { type: "bool", dims: [1, 11], data: new Uint8Array(11) },
};

function messages(feeds: Readonly<Record<string, unknown>>): readonly string[] {
  const result = checkInputs(program, feeds);
  expect(result.ok).toBe(false);
  return result.diagnostics.map(({ code, message, hint }) => `${code}: ${message} | ${hint}`);
}

test("right feeds give the lengths, and tensors over the same memory", () => {
  const result = checkInputs(program, good);
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
  expect(result.value.lengths).toEqual({ img: 6, txt: 5, ids: 6, tids: 5, batch: 1 });
  expect([...result.value.feeds.keys()]).toEqual(program.inputs.map(({ name }) => name));
  expect(result.value.feeds.get("txt_ids")!.data.buffer).toBe(good.txt_ids.data.buffer);
});

test("a misspelt name is missing and unknown at once, with the name that was meant", () => {
  const { hidden_states, ...others } = good;
  expect(messages({ ...others, hiden_states: hidden_states })).toEqual([
    'CP6001: the model has no input "hiden_states" | did you mean "hidden_states"? the names are "hidden_states", ' +
      '"encoder_hidden_states", "img_ids", "txt_ids", "timestep", "guidance", "mask"',
    'CP6000: the input "hidden_states" (float32 [1, img, 4]) is missing from the feeds | add "hidden_states" to the feeds',
  ]);
});

test("a name of no likeness, and a second name for an input that is there, get no suggestion", () => {
  expect(messages({ ...good, zzz: float(1) })[0]).not.toContain("did you mean");
  expect(messages({ ...good, timesteps: float(1) })[0]).not.toContain("did you mean");
});

test("another element type", () => {
  expect(messages({ ...good, txt_ids: { type: "float32", dims: [5, 3], data: new Float32Array(15) } })).toEqual([
    'CP6003: the input "txt_ids" is float32; the model expects int64 | convert "txt_ids" to int64',
  ]);
});

test("another number of axes", () => {
  expect(messages({ ...good, img_ids: float(1, 6, 3) })).toEqual([
    'CP6004: the input "img_ids" has rank 3, [1, 6, 3]; the model expects rank 2, [ids, 3] | reshape "img_ids" to [ids, 3]',
  ]);
});

test("a fixed extent, and one that follows from two lengths", () => {
  expect(messages({ ...good, hidden_states: float(1, 6, 5) })).toEqual([
    'CP6005: the input "hidden_states" has extent 5 along axis 2; the model expects 4 | give "hidden_states" the extent 4 along axis 2',
  ]);
  expect(messages({ ...good, mask: { type: "bool", dims: [1, 12], data: new Uint8Array(12) } })).toEqual([
    'CP6005: the input "mask" has extent 12 along axis 1; the model expects 11 (txt + img) | give "mask" the extent 11 along axis 1',
  ]);
});

test("several sources of one length that disagree: each with the first", () => {
  expect(
    messages({ ...good, timestep: float(2), mask: { type: "bool", dims: [3, 11], data: new Uint8Array(33) } }),
  ).toEqual([
    'CP6006: the length "batch" is 2 on axis 0 of "timestep", but 1 on axis 0 of "guidance" | give axis 0 of "timestep" and axis 0 of "guidance" the same extent',
    'CP6006: the length "batch" is 2 on axis 0 of "timestep", but 3 on axis 0 of "mask" | give axis 0 of "timestep" and axis 0 of "mask" the same extent',
  ]);
});

test("equations that do not hold, with the module and the plan entry behind them", () => {
  const feeds = { ...good, img_ids: float(8, 3), txt_ids: { type: "int64", dims: [3, 3], data: new BigInt64Array(9) } };
  expect(messages(feeds)).toEqual([
    "CP6007: hidden_states axis 1 is 6, but img_ids axis 0 is 8; the split in the root module is exact only if they agree | " +
      "feed tensors in which hidden_states axis 1 and img_ids axis 0 are equal",
    'CP6007: encoder_hidden_states axis 1 is 5, but txt_ids axis 0 is 3; the split in module "blocks.0" is exact only if they agree | ' +
      "feed tensors in which encoder_hidden_states axis 1 and txt_ids axis 0 are equal",
  ]);
  expect(checkInputs(program, feeds).diagnostics[0]).toMatchObject({
    file: "flux.plan.json",
    start: span.start,
    end: span.end,
  });
});

test("fewer tokens than ranks", () => {
  const feeds = {
    ...good,
    hidden_states: float(1, 1, 4),
    img_ids: float(1, 3),
    mask: { type: "bool", dims: [1, 6], data: new Uint8Array(6) },
  };
  expect(messages(feeds)).toEqual([
    "CP6008: hidden_states axis 1 is 1, fewer than the 2 ranks that it is split over | feed at least 2, or compile the plan for fewer ranks",
  ]);
});

test.each([
  [null, "null"],
  [5, "5"],
  [[1, 2], "an array"],
  [new Float32Array(3), "bare data"],
  [{ dims: [1], data: new Float32Array(1) }, "an object without readable tensor data"],
  [{ type: "float32", dims: [1.5], data: new Float32Array(1) }, "an object with the dims [1.5]"],
  [{ type: "float32", dims: [NaN, -1], data: new Float32Array(1) }, "an object with the dims [NaN, -1]"],
  // eslint-disable-next-line no-sparse-arrays
  [{ type: "float32", dims: [, 1], data: new Float32Array(1) }, "an object with the dims [undefined, 1]"],
  [{ type: "float32", dims: [1e20], data: new Float32Array(1) }, "an object with the dims [100000000000000000000]"],
  [{ type: "float32", dims: [1], data: new Float64Array(1) }, "a tensor without float32 data"],
  [{ type: "float32", dims: [1], data: ["x"] }, "a tensor without float32 data"],
])("a feed that is no tensor: %o", (timestep, found) => {
  expect(messages({ ...good, timestep })).toEqual([
    `CP6002: the feed of "timestep" is ${found}, not a tensor with type, dims and data | ` +
      "pass onnxruntime's Tensor, or an object { type, dims, data }",
  ]);
});

test.each([null, undefined, 5, "x", [1], new Float32Array(1), new Map()])("feeds that are no object: %o", (feeds) => {
  const result = checkInputs(program, feeds);
  expect(result.diagnostics.map(({ code }) => code)).toEqual(["CP6012"]);
});

test("extents whose product is no number", () => {
  const dims = [2 ** 52];
  expect(messages({ ...good, timestep: { type: "float32", dims, data: new Float32Array(1) } })[0]).toContain("CP6009");
});

test("a feed whose buffer was transferred, or resized", () => {
  const data = new Float32Array(1);
  structuredClone(data.buffer, { transfer: [data.buffer] });
  const said = `CP6013: the data of "timestep" is no longer available: its ArrayBuffer was transferred or resized`;
  expect(messages({ ...good, timestep: { type: "float32", dims: [1], data } })[0]).toContain(said);
});

test("a tensor of another copy of onnxruntime is taken by its fields", () => {
  class Tensor {
    readonly #data = new Float32Array(1);
    readonly type = "float32";
    readonly dims = [1];
    get data(): Float32Array {
      return this.#data;
    }
  }
  expect(checkInputs(program, { ...good, timestep: new Tensor() }).diagnostics).toEqual([]);
});

test("a tensor of onnxruntime whose data is gone", () => {
  const timestep = float(1);
  timestep.dispose();
  expect(messages({ ...good, timestep })[0]).toContain(
    'the feed of "timestep" is an object without readable tensor data',
  );
});

test("data that does not fit its shape", () => {
  expect(messages({ ...good, timestep: { type: "float32", dims: [1], data: new Float32Array(2) } })).toEqual([
    'CP6009: the data of "timestep" has 8 bytes; float32 [1] needs 4 | make the number of elements equal to the product of dims',
  ]);
});

test("all mistakes at once, and nothing that only follows from them", () => {
  const feeds = { ...good, hidden_states: 1, guidance: float(2), extra: float(1) };
  expect(messages(feeds).map((text) => text.slice(0, 6))).toEqual(["CP6001", "CP6002", "CP6006"]);
});

test("fetches of outputs that do not exist", () => {
  expect(checkFetches(program, ["sample"])).toEqual([]);
  const [diagnostic] = checkFetches(program, ["sampel"]);
  expect(diagnostic).toMatchObject({ code: "CP6010", message: 'the model has no output "sampel"' });
  expect(diagnostic!.hint).toBe('did you mean "sample"? the names are "sample"');
});

test("whatever is fed, the answer is a result", () => {
  const tensor = fc.record({
    type: fc.constantFrom("float32", "int64", "string", "nonsense"),
    dims: fc.array(fc.integer({ min: -1, max: 4 }), { maxLength: 3 }),
    data: fc.oneof(fc.float32Array({ maxLength: 8 }), fc.constant(["a"])),
  });
  const names = fc.constantFrom(...program.inputs.map(({ name }) => name), "constructor", "__proto__x");
  const feeds = fc.array(fc.tuple(names, fc.oneof(tensor, fc.anything())));
  fc.assert(
    fc.property(feeds, (entries) => {
      const result = checkInputs(program, { ...good, ...Object.fromEntries(entries) });
      expect(result.ok).toBe(result.diagnostics.length === 0);
    }),
  );
});
