/**
 * @file The models of the benchmark: the graphs of bench/models, with weights that are made from a seed on first use, and inputs. What is
 * measured does not depend on their values. Knows no case.
 */
import {
  closeSync,
  copyFileSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readModel } from "../compiler/graph/read.ts";
import type { Model, Tensor } from "../compiler/graph/types.ts";
import { isOrtElem, ortTensor } from "../ort/tensors.ts";
import type { OrtTensor, OrtTensors } from "../ort/types.ts";

/** From dist/bench. */
export const root: string = fileURLToPath(new URL("../..", import.meta.url));

/** Where the graphs are, and where models with weights are kept. */
export interface Folders {
  readonly graphs: string;
  readonly cache: string;
}

const ownFolders: Folders = { graphs: join(root, "bench", "models"), cache: join(root, ".bench") };

/** Larger than the weights of any model here; the file takes the space of what is written only. */
const MOST_BYTES = 2 ** 32;

/** Path of the model with its weights next to it. */
export async function modelFile(name: string, { graphs, cache }: Folders = ownFolders): Promise<string> {
  const folder = join(cache, name);
  const file = join(folder, `${name}.onnx`);
  if (existsSync(file)) return file;
  const fresh = join(cache, `${name}.new`);
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  copyFileSync(join(graphs, `${name}.onnx`), join(fresh, `${name}.onnx`));
  await writeWeights(join(fresh, `${name}.onnx`));
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
  return file;
}

/** Fills the one file of external data that the model names. */
async function writeWeights(model: string): Promise<void> {
  const data = openSync(`${model}.data`, "w");
  try {
    // The reader of models wants a file that is long enough.
    ftruncateSync(data, MOST_BYTES);
    let end = 0;
    const { graph } = await readGraph(model);
    let seed = 0;
    // Exports of one model have different names and the same order: equal seeds make them compute the same.
    for (const [name, tensor] of graph.constants) {
      if (tensor.data.kind !== "external") continue;
      const { offset, length } = tensor.data;
      seed += 1;
      writeSync(data, weights(name, tensor, seed), 0, length, offset);
      end = Math.max(end, offset + length);
    }
    ftruncateSync(data, end);
  } finally {
    closeSync(data);
  }
}

async function readGraph(file: string): Promise<Model> {
  const model = await readModel(file);
  if (!model.ok) throw new Error(model.diagnostics.map(({ message }) => message).join("\n"));
  return model.value;
}

/** Uniform numbers: of matrices such that products keep their size, of scales near 1, of shifts near 0. */
function weights(name: string, { elem, dims }: Tensor, seed: number): Uint8Array {
  if (elem !== "float32") throw new Error(`the weights ${name} are ${elem}; only float32 is made`);
  const size = dims.reduce((a, b) => a * b, 1);
  const isMatrix = dims.length > 1;
  const spread = isMatrix ? Math.sqrt((3 * Math.max(...dims)) / size) : 0.02;
  const centre = !isMatrix && name.endsWith("weight") ? 1 : 0;
  const numbers = new Float32Array(size);
  let state = seed;
  for (let i = 0; i < size; i += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    numbers[i] = centre + (spread * state) / 2 ** 31;
  }
  return new Uint8Array(numbers.buffer);
}

/** Inputs of a model at given lengths. */
export async function feedsOf(file: string, lengths: Readonly<Record<string, number>>): Promise<OrtTensors> {
  const { graph } = await readGraph(file);
  const entries = graph.inputs.map(({ name, type }): [string, OrtTensor] => {
    const { elem, dims } = type;
    if (!isOrtElem(elem) || dims === null) throw new Error(`the input ${name} has no type`);
    const extents = dims.map((dim) => (typeof dim === "number" ? dim : (lengths[String(dim)] ?? NaN)));
    const size = extents.reduce((a, b) => a * b, 1);
    const isFloat = elem.startsWith("float");
    return [
      name,
      ortTensor(
        elem,
        extents,
        Array.from({ length: size }, (_, i) => (isFloat ? Math.sin(i) : i % 7)),
      ),
    ];
  });
  return Object.fromEntries(entries);
}
