/**
 * @file Errors in a compiled program on disk, or in the model that it belongs to. Codes CP5000-5499.
 */
import type { Catalog } from "./catalog.ts";

export const programMessages: Catalog<{
  unreadable: { file: string; reason: string };
  notJson: { file: string; reason: string };
  format: { file: string; expected: string; actual: string };
  version: { file: string; expected: string; actual: string };
  shape: { file: string; field: string; expected: string };
  pieceMissing: { piece: string; file: string; folder: string };
  pieceOutside: { piece: string; file: string };
  modelMissing: { model: string };
  modelHash: { model: string; expected: string };
  dataMissing: { data: string; model: string };
  dataSize: { data: string; expected: number };
  dataHash: { data: string; expected: string };
  checksum: { file: string; stated: string; actual: string };
  fileMissing: { file: string; folder: string };
  fileChanged: { file: string; expected: number; actual: number };
  fileOutside: { file: string; folder: string };
  fileUnreadable: { file: string; reason: string };
  readsOutside: { piece: string; location: string; allowed: readonly string[] };
  notData: { data: string; model: string };
  notPiece: { piece: string; file: string; reason: string };
  contradiction: { file: string; problem: string };
  tooDeep: { file: string; limit: number };
}> = {
  unreadable: {
    code: "CP5000",
    severity: "error",
    title: "Unreadable program",
    message: ({ file, reason }) => `cannot read the program ${file}: ${reason}`,
    hint: () => "give the folder that `onnx-cp compile --out DIR` wrote",
  },
  notJson: {
    code: "CP5001",
    severity: "error",
    title: "Program that is not valid JSON",
    message: ({ file, reason }) => `${file} is not valid JSON: ${reason}`,
    hint: compileElsewhere,
  },
  format: {
    code: "CP5002",
    severity: "error",
    title: "File with the wrong format",
    message: ({ file, expected, actual }) => `${file} has the format ${actual}; a program has the format "${expected}"`,
    hint: compileElsewhere,
  },
  version: {
    code: "CP5003",
    severity: "error",
    title: "Unsupported program version",
    message: ({ file, expected, actual }) => `${file} has version ${actual}; this release reads version ${expected}`,
    hint: () => "compile the plan again with this release, or run the program with the release that wrote it",
  },
  shape: {
    code: "CP5004",
    severity: "error",
    title: "Damaged program",
    message: ({ file, field, expected }) => `"${field}" of ${file} is not ${expected}`,
    hint: compileElsewhere,
  },
  pieceMissing: {
    code: "CP5005",
    severity: "error",
    title: "Missing piece of a program",
    message: ({ piece, file, folder }) => `the piece ${piece} is missing: there is no file ${file} in ${folder}`,
    hint: compileAgain,
  },
  pieceOutside: {
    code: "CP5006",
    severity: "error",
    title: "Piece outside its program",
    message: ({ piece, file }) => `the piece ${piece} is outside the program's folder: ${file}`,
    hint: compileAgain,
  },
  modelMissing: {
    code: "CP5007",
    severity: "error",
    title: "Missing model of a program",
    message: ({ model }) => `the program's model ${model} is missing`,
    hint: () =>
      "if the model has moved, give its path: onnx-cp run PROGRAM --model PATH, or the option model of loadProgram and attach",
  },
  modelHash: {
    code: "CP5008",
    severity: "error",
    title: "Program for another model",
    message: ({ model, expected }) =>
      `${model} is not the model that the program was compiled from, whose sha256 is ${expected}`,
    hint: () => "compile the plan again for this model, or restore the original one",
  },
  dataMissing: {
    code: "CP5009",
    severity: "error",
    title: "Missing weights of a program",
    message: ({ data, model }) => `the weights ${data} of ${model} are missing`,
    hint: () => "put the file back next to the model",
  },
  dataSize: {
    code: "CP5010",
    severity: "error",
    title: "Weights with the wrong size",
    message: ({ data, expected }) =>
      `${data} does not have the ${expected} bytes that it had when the program was compiled`,
    hint: () => "compile the plan again for these weights, or restore the original ones",
  },
  dataHash: {
    code: "CP5011",
    severity: "error",
    title: "Changed weights",
    message: ({ data, expected }) =>
      `${data} does not hold the weights that the program was compiled with: the hash of its first and last MiB and of 64 blocks between them was ${expected} then`,
    hint: () => "compile the plan again for these weights, or restore the original ones",
  },
  checksum: {
    code: "CP5012",
    severity: "error",
    title: "Modified program",
    message: ({ file, stated, actual }) =>
      `${file} was changed or damaged: the checksum of its content is ${actual}, but the file states ${stated}`,
    hint: compileElsewhere,
  },
  fileMissing: {
    code: "CP5013",
    severity: "error",
    title: "Missing file of a program",
    message: ({ file, folder }) => `the program's file ${file} is missing from ${folder}`,
    hint: compileAgain,
  },
  fileChanged: {
    code: "CP5014",
    severity: "error",
    title: "Modified file of a program",
    message: ({ file, expected, actual }) =>
      expected === actual
        ? `the content of ${file} has changed since the program was compiled`
        : `${file} has ${actual} bytes; it had ${expected} when the program was compiled`,
    hint: compileAgain,
  },
  fileOutside: {
    code: "CP5015",
    severity: "error",
    title: "File outside its program",
    message: ({ file, folder }) =>
      `the program's file ${file} is not inside ${folder}, or is a symbolic link that leads out of it`,
    hint: () => "copy the whole folder that `onnx-cp compile --out DIR` wrote, with files instead of links",
  },
  fileUnreadable: {
    code: "CP5016",
    severity: "error",
    title: "Unreadable file of a program",
    message: ({ file, reason }) => `cannot read ${file}: ${reason}`,
    hint: () => "check the permissions of the file and of its folders",
  },
  readsOutside: {
    code: "CP5017",
    severity: "error",
    title: "Piece that reads other files",
    message: ({ piece, location, allowed }) =>
      `the piece ${piece} would read the file ${JSON.stringify(location.slice(0, 200))} as weights; ` +
      (allowed.length === 0 ? "it may read none" : `it may read ${allowed.join(", ")}`),
    hint: compileAgain,
  },
  notData: {
    code: "CP5018",
    severity: "error",
    title: "Weights that do not belong to the model",
    message: ({ data, model }) =>
      `the program names ${data} as weights, but ${model} does not list that file as its external data, or the file is in another folder`,
    hint: compileAgain,
  },
  notPiece: {
    code: "CP5019",
    severity: "error",
    title: "Piece that is not an ONNX model",
    message: ({ piece, file, reason }) => `the piece ${piece} (${file}) is not an ONNX model: ${reason}`,
    hint: compileAgain,
  },
  contradiction: {
    code: "CP5020",
    severity: "error",
    title: "Program that contradicts itself",
    message: ({ file, problem }) => `${file} contradicts itself: ${problem.slice(0, 500)}`,
    hint: compileAgain,
  },
  tooDeep: {
    code: "CP5021",
    severity: "error",
    title: "Program nested too deeply",
    message: ({ file, limit }) => `${file} has more than ${limit} levels of nested lists and objects`,
    hint: compileAgain,
  },
};

function compileAgain(): string {
  return "compile the program again with `onnx-cp compile`";
}

/** A folder is not replaced if its `program.json` does not prove which files belong to it. */
function compileElsewhere(): string {
  return "compile the program again with `onnx-cp compile`, into a new folder";
}
