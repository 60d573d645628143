/**
 * @file One side of the measurement of backends, in a process of its own: makes its session, then runs once for every message and answers
 * with milliseconds. `server.js CONFIG` is started by backends.ts.
 */
import { InferenceSession, Tensor } from "onnxruntime-node";
import { attach, loadProgram } from "../index.ts";
import type { Feeds } from "../runtime/caller/check-inputs.ts";

export interface ServerConfig {
  /** `plain`: the unsplit model in one session of onnxruntime-node. */
  readonly kind: "plain" | "native" | "binding";
  readonly model: string;
  /** Folder of the compiled program. */
  readonly program: string;
  /** By symbolic name. */
  readonly lengths: Readonly<Record<string, number>>;
  readonly threads: number;
}

export interface Served {
  readonly milliseconds: number;
  /** Of all threads of the process: says more than the time on a busy machine. */
  readonly processor: number;
}

type Input = { readonly name: string; readonly shape: readonly (number | string)[] };

/** Numbers that stay small in every layer; what is measured does not depend on them. */
function feedsOf(inputs: readonly Input[], lengths: ServerConfig["lengths"]): Record<string, Tensor> {
  return Object.fromEntries(
    inputs.map(({ name, shape }) => {
      const dims = shape.map((extent) => (typeof extent === "number" ? extent : lengths[extent]!));
      const size = dims.reduce((a, b) => a * b, 1);
      return [
        name,
        new Tensor(
          "float32",
          Float32Array.from({ length: size }, (_, i) => Math.sin(i)),
          dims,
        ),
      ];
    }),
  );
}

async function start({ kind, model, program, lengths, threads }: ServerConfig): Promise<() => Promise<unknown>> {
  if (kind === "plain") {
    const session = await InferenceSession.create(model, { intraOpNumThreads: threads, interOpNumThreads: 1 });
    const feeds = feedsOf(session.inputMetadata as unknown as readonly Input[], lengths);
    return () => session.run(feeds);
  }
  const loaded = await loadProgram(program);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics));
  const session = await attach(loaded.value, { backend: kind });
  const shapes = loaded.value.program.inputs.map(({ name, dims }) => ({ name, shape: dims as Input["shape"] }));
  const feeds = feedsOf(shapes, lengths);
  return () => session.run(feeds as unknown as Feeds);
}

const run = await start(JSON.parse(process.argv[2]!) as ServerConfig);
process.on("message", async () => {
  const started = performance.now();
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  const served: Served = { milliseconds: performance.now() - started, processor: (user + system) / 1000 };
  process.send!(served);
});
process.send!("ready");
