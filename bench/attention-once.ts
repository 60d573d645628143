/**
 * @file One measurement in its own process: `attention-once.js KIND FORM MODEL QUERIES KEYS RUNS` prints a `Measurement` as JSON.
 */
import { createSession } from "../ort/session.ts";
import { ortTensor } from "../ort/tensors.ts";
import type { OrtTensors } from "../ort/types.ts";
import { emitted, forms, inputsOf, plainOperators } from "./attention-models.ts";
import type { Form, Kind } from "./attention-models.ts";

export interface Measurement {
  /** Of each run after the first. */
  readonly milliseconds: readonly number[];
  /** Largest resident memory minus the resident memory before the first run, MiB; without an arena, so that nothing is kept. */
  readonly memory: number;
}

export type Model = "emitted" | "plain operators";

const MIB = 2 ** 20;

function feedsOf(form: Form, lengths: Readonly<Record<string, number>>): OrtTensors {
  const feeds = Object.entries(inputsOf(form)).map(([name, { dims }], i) => {
    const extents = dims.map((dim) => (typeof dim === "number" ? dim : lengths[String(dim)]!));
    const size = extents.reduce((a, b) => a * b, 1);
    const numbers = Float32Array.from({ length: size }, (_, j) => Math.sin(j * 1.7 + i));
    return [name, ortTensor("float32", extents, numbers)] as const;
  });
  return Object.fromEntries(feeds);
}

async function measure(
  kind: Kind,
  form: Form,
  model: Model,
  lengths: readonly [number, number],
  runs: number,
): Promise<Measurement> {
  const bytes = model === "emitted" ? emitted(kind, form) : plainOperators(kind, form);
  const feeds = feedsOf(form, { Sq: lengths[0], Sk: lengths[1] });
  const alone = await createSession(bytes, { threads: 1, keepMemory: false });
  const before = process.memoryUsage.rss();
  await alone.run(feeds);
  const memory = (process.resourceUsage().maxRSS * 1024 - before) / MIB;
  await alone.release();
  const session = await createSession(bytes, { threads: 1 });
  const milliseconds: number[] = [];
  for (let run = 0; run <= runs; run++) {
    const started = performance.now();
    await session.run(feeds);
    milliseconds.push(performance.now() - started);
  }
  await session.release();
  return { milliseconds: milliseconds.slice(1), memory };
}

const [kind, form, model, ...numbers] = process.argv.slice(2);
const [queries = 1, keys = 1, runs = 1] = numbers.map(Number);
const made = await measure(kind as Kind, forms[form!]!, model as Model, [queries, keys], runs);
process.stdout.write(JSON.stringify(made));
