/**
 * @file Errors in a model file: the file itself, its external data, its graph. Codes CP2000-2499.
 */
import type { Catalog, NoParams } from "./catalog.ts";

/** The file as such. */
export const modelFileMessages: Catalog<{
  notFound: { file: string };
  isDirectory: { file: string; inside: readonly string[] };
  unreadable: { file: string; reason: string };
  empty: NoParams;
  tooLarge: { bytes: number; limit: number };
  lfsPointer: NoParams;
  text: { begins: string };
  notOnnx: { reason: string };
  truncated: { bytes: number; reason: string };
  irVersion: { version: number; oldest: number; newest: number };
  noOpset: NoParams;
  opset: { version: number; oldest: number; newest: number };
  training: NoParams;
  structure: { where: string; what: string; count: number; limit: number };
}> = {
  notFound: {
    code: "CP2001",
    severity: "error",
    title: "Model file not found",
    message: ({ file }) => `there is no file ${file}`,
    hint: () => "check the path; a relative path starts from the current folder",
  },
  isDirectory: {
    code: "CP2002",
    severity: "error",
    title: "Folder given as a model",
    message: ({ file }) => `${file} is a folder; an ONNX file is expected`,
    hint: ({ inside }) =>
      inside.length > 0 ? `give a file inside it: ${inside.join(", ")}` : "give a *.onnx file; this folder holds none",
  },
  unreadable: {
    code: "CP2003",
    severity: "error",
    title: "Unreadable model file",
    message: ({ file, reason }) => `${file} cannot be read: ${reason}`,
    hint: () => "check the permissions of the file",
  },
  empty: {
    code: "CP2004",
    severity: "error",
    title: "Empty model file",
    message: () => "the file is empty",
    hint: () => "export or copy the model again",
  },
  tooLarge: {
    code: "CP2005",
    severity: "error",
    title: "Model file too large",
    message: ({ bytes, limit }) => `the file has ${bytes} bytes; the limit for an ONNX file is ${limit}`,
    hint: () => "save the model with its weights as external data",
  },
  lfsPointer: {
    code: "CP2006",
    severity: "error",
    title: "Git LFS pointer instead of a model",
    message: () => "the file is a Git LFS pointer, not the model itself",
    hint: () => "fetch the content with git lfs pull",
  },
  text: {
    code: "CP2007",
    severity: "error",
    title: "Text file given as a model",
    message: ({ begins }) => `the file is text, not an ONNX model; it begins with ${begins}`,
    hint: () => "give the .onnx file",
  },
  notOnnx: {
    code: "CP2008",
    severity: "error",
    title: "File that is not an ONNX model",
    message: ({ reason }) => `the file is not an ONNX model: ${reason}`,
    hint: () => "give the .onnx file that an exporter wrote",
  },
  truncated: {
    code: "CP2009",
    severity: "error",
    title: "Truncated or damaged model file",
    message: ({ bytes, reason }) =>
      `the file (${bytes} bytes) begins like an ONNX model but is truncated or damaged: ${reason}`,
    hint: () => "copy or export the model again",
  },
  irVersion: {
    code: "CP2010",
    severity: "error",
    title: "Unsupported IR version",
    message: ({ version, oldest, newest }) =>
      `the model has IR version ${version}; versions ${oldest} to ${newest} are supported`,
    hint: () => "export the model again with a version of ONNX in that range",
  },
  noOpset: {
    code: "CP2011",
    severity: "error",
    title: "Missing opset",
    message: () => "the model does not say which version of the ONNX operators it uses",
    hint: () => "the file may be truncated: copy or export it again",
  },
  opset: {
    code: "CP2012",
    severity: "error",
    title: "Unsupported opset",
    message: ({ version, oldest, newest }) =>
      `the model uses opset ${version}; opsets ${oldest} to ${newest} are supported`,
    hint: ({ oldest, newest }) => `export the model with an opset from ${oldest} to ${newest}, for example 18`,
  },
  training: {
    code: "CP2014",
    severity: "error",
    title: "Model with training information",
    message: () => "the model contains training information; only inference is supported",
    hint: () => "export the model for inference",
  },
  structure: {
    code: "CP2015",
    severity: "error",
    title: "Model beyond the limits",
    message: ({ where, what, count, limit }) => `${where} exceeds a limit: ${count} ${what}; the limit is ${limit}`,
    hint: () => "no exporter writes such a model: check where the file comes from",
  },
};

/** The location of an initialiser, an attribute or a type: `the initialiser "w"`. */
interface At {
  readonly at: string;
}

/** Constants and where their bytes are. */
export const tensorMessages: Catalog<{
  elem: At & { found: string };
  dims: At & { dims: string };
  dataSize: At & { shape: string; expected: number; actual: number; unit: "bytes" | "elements" };
  outside: { location: string; reason: string; count: number };
  dataMissing: { location: string; count: number };
  dataNoFile: { location: string };
  dataLength: At & { location: string; expected: number; actual: number; shape: string };
  dataEnd: At & { location: string; end: number; size: number };
  dataKey: At & { key: string; found: string };
  folders: { folders: readonly string[] };
  sparse: { names: readonly string[] };
}> = {
  elem: {
    code: "CP2100",
    severity: "error",
    title: "Unsupported element type",
    message: ({ at, found }) => `${at} has the element type ${found}, which is not supported`,
    hint: () => "export the model in float32, float16 or float64, or quantised to 4 or 8 bits",
  },
  dims: {
    code: "CP2101",
    severity: "error",
    title: "Impossible shape",
    message: ({ at, dims }) => `${at} has the impossible shape [${dims}]`,
    hint: again,
  },
  dataSize: {
    code: "CP2102",
    severity: "error",
    title: "Data that does not match its shape",
    message: ({ at, shape, expected, actual, unit }) =>
      `${at} has the shape [${shape}], which needs ${expected} ${unit}; the file holds ${actual}`,
    hint: again,
  },
  outside: {
    code: "CP2103",
    severity: "error",
    title: "External data outside the model's folder",
    message: ({ location, reason, count }) =>
      `the external data "${location}" of ${tensors(count)} is not in the model's folder: ${reason}`,
    hint: () => "put the data file next to the model and save the model again with the plain file name",
  },
  dataMissing: {
    code: "CP2104",
    severity: "error",
    title: "Missing external data",
    message: ({ location, count }) =>
      `the external data "${location}" of ${tensors(count)} is missing from the model's folder`,
    hint: ({ location }) => `copy ${location} into the folder of the model`,
  },
  dataNoFile: {
    code: "CP2105",
    severity: "error",
    title: "External data that is not a file",
    message: ({ location }) => `the external data "${location}" is not a regular file`,
    hint: ({ location }) => `put the data file ${location} next to the model`,
  },
  dataLength: {
    code: "CP2106",
    severity: "error",
    title: "External data of the wrong length",
    message: ({ at, location, expected, actual, shape }) =>
      `${at} has the shape [${shape}], which needs ${expected} bytes; the model says that "${location}" holds ${actual} for it`,
    hint: again,
  },
  dataEnd: {
    code: "CP2107",
    severity: "error",
    title: "Truncated external data",
    message: ({ at, location, end, size }) => `${at} ends at byte ${end} of "${location}", which has ${size} bytes`,
    hint: ({ location }) => `copy ${location} again: it is truncated or belongs to another model`,
  },
  dataKey: {
    code: "CP2108",
    severity: "error",
    title: "Unreadable reference to external data",
    message: ({ at, key, found }) => `the external data of ${at} has the invalid ${key} "${found}"`,
    hint: again,
  },
  folders: {
    code: "CP2109",
    severity: "error",
    title: "External data in several folders",
    message: ({ folders }) => `the external data is in ${folders.length} folders: ${folders.join(", ")}`,
    hint: () => "save the model again with its external data in one file",
  },
  sparse: {
    code: "CP2110",
    severity: "error",
    title: "Sparse constants",
    message: ({ names }) => `the model has sparse initialisers: ${names.join(", ")}`,
    hint: () => "export the model with dense weights",
  },
};

/** The graph. */
export const graphMessages: Catalog<{
  inputKind: { name: string; found: string };
  noType: { side: "input" | "output"; name: string };
  noOutputs: NoParams;
  duplicate: { name: string; first: string; second: string };
  outputTwice: { name: string };
  undefinedValue: { name: string; reader: string };
  cycle: { nodes: readonly string[] };
  attribute: { node: string; attribute: string; found: string };
  constantNode: { node: string };
}> = {
  inputKind: {
    code: "CP2200",
    severity: "error",
    title: "Input or output that is not a tensor",
    message: ({ name, found }) => `"${name}" is ${found}; inputs and outputs of the model must be tensors`,
    hint: () => "export the model with one input per tensor",
  },
  noType: {
    code: "CP2201",
    severity: "error",
    title: "Input or output without a type",
    message: ({ side, name }) => `the ${side} "${name}" of the model has no type`,
    hint: again,
  },
  noOutputs: {
    code: "CP2202",
    severity: "error",
    title: "Model without outputs",
    message: () => "the model has no outputs",
    hint: again,
  },
  duplicate: {
    code: "CP2203",
    severity: "error",
    title: "Value defined twice",
    message: ({ name, first, second }) => `the value "${name}" is defined twice, by ${first} and by ${second}`,
    hint: again,
  },
  outputTwice: {
    code: "CP2208",
    severity: "error",
    title: "Output listed twice",
    message: ({ name }) => `the output list names "${name}" twice`,
    hint: () => "each output needs a unique name: insert an Identity and give its result another name",
  },
  undefinedValue: {
    code: "CP2204",
    severity: "error",
    title: "Undefined value",
    message: ({ name, reader }) => `${reader} reads "${name}", which is not defined`,
    hint: again,
  },
  cycle: {
    code: "CP2205",
    severity: "error",
    title: "Cycle in the graph",
    message: ({ nodes }) => `the graph has a cycle: ${cycleOf(nodes)}`,
    hint: again,
  },
  attribute: {
    code: "CP2206",
    severity: "error",
    title: "Unsupported attribute",
    message: ({ node, attribute, found }) =>
      `the attribute "${attribute}" of the node "${node}" is ${found}, which is not supported`,
    hint: again,
  },
  constantNode: {
    code: "CP2207",
    severity: "error",
    title: "Unsupported constant",
    message: ({ node }) => `the Constant node "${node}" holds neither a dense tensor nor numbers`,
    hint: again,
  },
};

function again(): string {
  return "export the model again";
}

function tensors(count: number): string {
  return count === 1 ? "1 tensor" : `${count} tensors`;
}

/** Nodes of a long cycle that a message names at either end. */
const SHOWN_OF_CYCLE = 4;

/** `a -> b -> a`; the middle of a long cycle is a number. */
function cycleOf(nodes: readonly string[]): string {
  const left = nodes.length - 2 * SHOWN_OF_CYCLE;
  if (left < 2) return nodes.join(" -> ");
  const between = `(${left} more nodes)`;
  return [...nodes.slice(0, SHOWN_OF_CYCLE), between, ...nodes.slice(-SHOWN_OF_CYCLE)].join(" -> ");
}
