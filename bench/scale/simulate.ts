/**
 * @file Simulates the stated meshes on the stated networks, from programs that are compiled for them. Writes no file of the project.
 */
import { assess, type Assessed } from "../../advise/assess.ts";
import { configOf } from "../../advise/meshes.ts";
import type { CostModel, MeshChoice } from "../../advise/types.ts";
import { meshCompiler } from "../../compiler/meshes.ts";
import type { LoweredProgram } from "../../compiler/lower/types.ts";
import { models, writeSized } from "../size/models.ts";
import { BEYOND, NETWORKS, OTHERS, PUBLISHED, SHAPES, STEPS } from "./stated.ts";

export type Row = Assessed;

export interface Simulated {
  /** Floating-point operations per second that one device sustains: the fitted constant. */
  readonly flops: number;
  /** By network, in order, and by published mesh. */
  readonly rows: readonly (readonly Row[])[];
  /** `BEYOND` on the first network. */
  readonly beyond: Row;
  /** The other meshes of 64 devices on the last network. */
  readonly others: readonly Row[];
}

/** `folder` is for the model. */
export async function simulateScale(folder: string, say: (what: string) => void): Promise<Simulated> {
  const { model, plan } = writeSized(models.wan, 1, folder);
  const compiler = await meshCompiler({ model, plan, shapes: SHAPES });
  if (!compiler.ok) throw new Error(compiler.diagnostics.map(({ message }) => message).join("\n"));
  const compile = async (choice: MeshChoice): Promise<LoweredProgram> => {
    say(JSON.stringify(choice));
    const { stages, diagnostics } = await compiler.value.compile(configOf(choice));
    if (stages.lowered === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
    return stages.lowered;
  };
  const rows: Row[][] = NETWORKS.map(() => []);
  let flops: number | undefined;
  for (const { mesh } of PUBLISHED) {
    const program = await compile(mesh);
    flops ??= fitted(program, mesh);
    for (const [i, { costs }] of NETWORKS.entries()) rows[i]!.push(assess(program, mesh, {}, withFlops(costs, flops)));
  }
  const beyond = assess(await compile(BEYOND.mesh), BEYOND.mesh, {}, withFlops(NETWORKS[0].costs, flops ?? 1));
  const others: Row[] = [];
  for (const mesh of OTHERS) {
    others.push(assess(await compile(mesh), mesh, {}, withFlops(NETWORKS[1].costs, flops ?? 1)));
  }
  return { flops: flops ?? 1, rows, beyond, others };
}

function withFlops(costs: Omit<CostModel, "products" | "attention">, flops: number): CostModel {
  return { ...costs, products: flops, attention: flops };
}

/** The time of one device is that of its memory and, inversely to the rate, that of its operations. */
function fitted(program: LoweredProgram, mesh: MeshChoice): number {
  const time = (flops: number): number => assess(program, mesh, {}, withFlops(NETWORKS[0].costs, flops)).milliseconds;
  const published = (PUBLISHED[0]!.seconds * 1000) / STEPS;
  const [slow, rate] = [time(1e15), 1e15];
  const memory = time(Infinity);
  return (rate * (slow - memory)) / (published - memory);
}
