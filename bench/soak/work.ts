/**
 * @file What is repeated: steps of a small Flux with changing lengths, attaching and releasing, compiling. Knows no measurement.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { attach, compilePlan } from "../../index.ts";
import type { Backend, CompiledProgram, CompileOptions, Feeds, RunOptions, Session } from "../../index.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const source = {
  model: join(root, "test/fixtures/flux/flux.dynamo18-dynamic.onnx"),
  plan: join(root, "plans/flux.plan.json"),
};

type Parallel = NonNullable<CompileOptions["parallel"]>;

/** Schemes of attention, on two ranks. */
export const schemes: Readonly<Record<string, Parallel>> = {
  ulysses: { ulysses_degree: 2 },
  ring: { ring_degree: 2, rotate_method: "alltoall" },
};

export const backends: readonly Backend[] = ["native", "binding"];

/** In turn: each run of the cycle has other sizes of feeds, outboxes and blocks than the run before. */
const lengths = [
  { img: 64, txt: 16 },
  { img: 35, txt: 11 },
  { img: 150, txt: 40 },
  { img: 20, txt: 8 },
  { img: 99, txt: 3 },
] as const;

/** In a temporary folder without `out`. Throws an `Error` with what is wrong. */
export async function compiled(parallel: Parallel, out?: string): Promise<CompiledProgram> {
  const result = await compilePlan({ ...source, parallel, ...(out === undefined ? {} : { out }) });
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
  return result.program;
}

/** Runs step after step. Throws an `Error` if a result differs from that of the same lengths before. */
export function stepper(program: CompiledProgram, session: Session): (options?: RunOptions) => Promise<void> {
  const feeds = lengths.map((sizes) => feedsOf(program, sizes));
  const known: Float32Array[] = [];
  let step = 0;
  return async (options = {}) => {
    const index = step++ % feeds.length;
    const [output] = Object.values(await session.run(feeds[index]!, options));
    const data = output!.data as Float32Array;
    const before = (known[index] ??= data);
    if (data.length === 0 || data.some((value, i) => value !== before[i])) throw new Error(`step ${step} is wrong`);
  };
}

export async function attachAndRelease(program: CompiledProgram, backend: Backend): Promise<void> {
  const session = await attach(program, { backend });
  await stepper(program, session)();
  await session.release();
}

function feedsOf({ program }: CompiledProgram, sizes: Readonly<Record<string, number>>): Feeds {
  const entries = program.inputs.map(({ name, elem, dims }) => {
    const shape = dims.map((dim) => (typeof dim === "string" ? (sizes[dim] ?? 1) : Number(dim)));
    const size = shape.reduce((a, b) => a * b, 1);
    const numbers = Array.from({ length: size }, (_, i) => ((i * 7) % 13) / 13);
    const data = elem === "int64" ? BigInt64Array.from(numbers, () => 1n) : Float32Array.from(numbers);
    return [name, { type: elem, dims: shape, data }] as const;
  });
  return Object.fromEntries(entries);
}
