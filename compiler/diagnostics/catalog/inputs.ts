/**
 * @file Errors in the feeds and fetches of a run, found before anything is dispatched. Codes CP6000-6499.
 */
import type { Catalog } from "./catalog.ts";

/** A name that does not exist, with a near miss if there is one. */
interface Unknown {
  readonly name: string;
  readonly nearest: string | null;
  readonly known: readonly string[];
}

/** Errors in one feed, or in several that contradict each other. Shapes are printed: `[1, img, 64]`. */
export const inputMessages: Catalog<{
  missing: { name: string; elem: string; shape: string };
  unknown: Unknown;
  notTensor: { name: string; found: string };
  elem: { name: string; expected: string; actual: string };
  rank: { name: string; expected: string; expectedRank: number; actual: string; actualRank: number };
  extent: { name: string; axis: number; expected: string; expectedNumber: number; actual: number };
  length: LengthParams;
  equation: { left: string; leftNumber: number; right: string; rightNumber: number; module: string };
  tooShort: { name: string; length: number; atLeast: number };
  data: { name: string; expected: number; actual: number; shape: string; elem: string };
  unknownOutput: Unknown;
  fetchMismatch: { name: string; expected: string; actual: string };
  noFeeds: { found: string };
  gone: { name: string };
  noValue: { what: string; lengths: string };
}> = {
  missing: {
    code: "CP6000",
    severity: "error",
    title: "Missing input",
    message: ({ name, elem, shape }) => `the input "${name}" (${elem} ${shape}) is missing from the feeds`,
    hint: ({ name }) => `add "${name}" to the feeds`,
  },
  unknown: {
    code: "CP6001",
    severity: "error",
    title: "Unknown input",
    message: ({ name }) => `the model has no input "${name}"`,
    hint: didYouMean,
  },
  notTensor: {
    code: "CP6002",
    severity: "error",
    title: "Feed that is not a tensor",
    message: ({ name, found }) => `the feed of "${name}" is ${found}, not a tensor with type, dims and data`,
    hint: () => "pass onnxruntime's Tensor, or an object { type, dims, data }",
  },
  elem: {
    code: "CP6003",
    severity: "error",
    title: "Input with the wrong element type",
    message: ({ name, expected, actual }) => `the input "${name}" is ${actual}; the model expects ${expected}`,
    hint: ({ name, expected }) => `convert "${name}" to ${expected}`,
  },
  rank: {
    code: "CP6004",
    severity: "error",
    title: "Input with the wrong rank",
    message: ({ name, expected, expectedRank, actual, actualRank }) =>
      `the input "${name}" has rank ${actualRank}, ${actual}; the model expects rank ${expectedRank}, ${expected}`,
    hint: ({ name, expected }) => `reshape "${name}" to ${expected}`,
  },
  extent: {
    code: "CP6005",
    severity: "error",
    title: "Input with the wrong extent",
    message: ({ name, axis, expected, expectedNumber, actual }) =>
      `the input "${name}" has extent ${actual} along axis ${axis}; the model expects ${meaning(expected, expectedNumber)}`,
    hint: ({ name, axis, expectedNumber }) => `give "${name}" the extent ${expectedNumber} along axis ${axis}`,
  },
  length: {
    code: "CP6006",
    severity: "error",
    title: "Inputs that disagree on a length",
    message: (p) =>
      `the length "${p.length}" is ${p.firstNumber} on axis ${p.firstAxis} of "${p.first}", ` +
      `but ${p.otherNumber} on axis ${p.otherAxis} of "${p.other}"`,
    hint: (p) => `give axis ${p.firstAxis} of "${p.first}" and axis ${p.otherAxis} of "${p.other}" the same extent`,
  },
  equation: {
    code: "CP6007",
    severity: "error",
    title: "Lengths that must agree",
    message: (p) =>
      `${p.left} is ${p.leftNumber}, but ${p.right} is ${p.rightNumber}; ` +
      `the split in ${p.module === "" ? "the root module" : `module "${p.module}"`} is exact only if they agree`,
    hint: ({ left, leftNumber, right, rightNumber }) =>
      `feed tensors in which ${left} and ${right} are equal` +
      (leftNumber === 1 || rightNumber === 1 ? "; to broadcast an extent of 1, export the model with 1 there" : ""),
  },
  tooShort: {
    code: "CP6008",
    severity: "error",
    title: "Length too short to split",
    message: ({ name, length, atLeast }) =>
      `${name} is ${length}, fewer than the ${atLeast} ranks that it is split over`,
    hint: ({ atLeast }) => `feed at least ${atLeast}, or compile the plan for fewer ranks`,
  },
  data: {
    code: "CP6009",
    severity: "error",
    title: "Tensor data that does not match its shape",
    message: ({ name, expected, actual, shape, elem }) =>
      `the data of "${name}" has ${actual} bytes; ${elem} ${shape} needs ${expected}`,
    hint: () => "make the number of elements equal to the product of dims",
  },
  unknownOutput: {
    code: "CP6010",
    severity: "error",
    title: "Unknown output",
    message: ({ name }) => `the model has no output "${name}"`,
    hint: didYouMean,
  },
  fetchMismatch: {
    code: "CP6011",
    severity: "error",
    title: "Preallocated output with the wrong type or shape",
    message: ({ name, expected, actual }) =>
      `the tensor given for the output "${name}" is ${actual}; the result is ${expected}`,
    hint: ({ expected }) => `give a tensor of ${expected}, or null to let the run allocate one`,
  },
  noFeeds: {
    code: "CP6012",
    severity: "error",
    title: "Feeds that are not an object",
    message: ({ found }) => `the feeds are ${found}, not an object that maps input names to tensors`,
    hint: () => "pass an object such as { hidden_states: tensor }",
  },
  gone: {
    code: "CP6013",
    severity: "error",
    title: "Tensor whose data is no longer available",
    message: ({ name }) => `the data of "${name}" is no longer available: its ArrayBuffer was transferred or resized`,
    hint: ({ name }) => `keep the buffer of "${name}" until the run ends, or transfer a copy of it (data.slice())`,
  },
  noValue: {
    code: "CP6014",
    severity: "error",
    title: "Size undefined for these lengths",
    message: ({ what, lengths }) =>
      `${what} has no value for the lengths ${lengths}: a division by 0, or a number beyond 2^53`,
    hint: () => "feed other lengths; if these are correct, compile the program again with `onnx-cp compile`",
  },
};

interface LengthParams {
  readonly length: string;
  readonly first: string;
  readonly firstAxis: number;
  readonly firstNumber: number;
  readonly other: string;
  readonly otherAxis: number;
  readonly otherNumber: number;
}

function didYouMean({ nearest, known }: Unknown): string {
  const names = `the names are ${known.map((name) => `"${name}"`).join(", ")}`;
  return nearest === null ? names : `did you mean "${nearest}"? ${names}`;
}

function meaning(expression: string, value: number): string {
  return expression === String(value) ? expression : `${value} (${expression})`;
}
