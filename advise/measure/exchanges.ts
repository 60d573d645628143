/**
 * @file Measures what an exchange between ranks takes on this machine: a small program that only gathers, on two ranks, at two lengths. Knows
 * no program of a user.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compilePlan } from "../../compiler/compile.ts";
import { invariant } from "../../compiler/diagnostics/diagnose.ts";
import type { Node } from "../../compiler/graph/types.ts";
import { writeModel } from "../../compiler/graph/write.ts";
import type { ContextParallelPlan } from "../../compiler/plan/types.ts";
import { makeTemporaryFolder, removeTemporaryFolder } from "../../compiler/temporary/folders.ts";
import { attach } from "../../runtime/attach/attach.ts";
import type { Session } from "../../runtime/caller/session.ts";

export interface ExchangeCosts {
  /** Milliseconds. */
  readonly latency: number;
  /** Bytes per second. */
  readonly bandwidth: number;
}

const WIDTH = 1024;
/** Rows in all: half of them are sent by each rank. */
const ROWS = { few: 2, many: 4096 } as const;
const RUNS = 9;

const plan: ContextParallelPlan = {
  "": { x: { split_dim: 0, expected_dims: 2 } },
  gathered: { gather_dim: 0, expected_dims: 2 },
};

/** Takes about a second. Throws what `attach` and `run` throw. */
export async function measureExchanges(): Promise<ExchangeCosts> {
  const folder = makeTemporaryFolder();
  try {
    const model = join(folder, "model.onnx");
    writeFileSync(model, gathering());
    mkdirSync(join(folder, "program"));
    const compiled = await compilePlan({ model, plan, out: join(folder, "program") });
    invariant(compiled.ok, "the program of the measurement does not compile");
    const session = await attach(compiled.program);
    try {
      const [few, many] = [await time(session, ROWS.few), await time(session, ROWS.many)];
      const bytes = (4 * WIDTH * (ROWS.many - ROWS.few)) / 2;
      // A difference too small to measure must not become a rate below zero.
      return { latency: few, bandwidth: bytes / (Math.max(many - few, few / 10) / 1000) };
    } finally {
      await session.release();
    }
  } finally {
    removeTemporaryFolder(folder);
  }
}

/** Milliseconds of the gather for the rank that comes last, the median of the runs after the first. */
async function time(session: Session, rows: number): Promise<number> {
  const x = { type: "float32", dims: [rows, WIDTH], data: new Float32Array(rows * WIDTH) };
  const times: number[] = [];
  for (let run = 0; run <= RUNS; run++) {
    await session.run({ x });
    const [gather] = session.lastRun?.collectives ?? [];
    if (run > 0 && gather !== undefined) times.push(Math.min(...gather.milliseconds));
  }
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!;
}

function gathering(): Uint8Array {
  const tensor = (name: string) => ({ name, type: { elem: "float32", dims: ["rows", WIDTH] } }) as const;
  const node = (module: string, from: string, to: string): Node => {
    return {
      name: `/${module}/Neg`,
      op: "Neg",
      domain: "",
      inputs: [from],
      outputs: [to],
      attributes: {},
      metadata: {},
    };
  };
  return writeModel(
    {
      name: "gathering",
      inputs: [tensor("x")],
      outputs: [tensor("z")],
      nodes: [node("gathered", "x", "y"), node("read", "y", "z")],
      constants: new Map(),
      types: new Map(),
    },
    { opsets: { "": 18 } },
  );
}
