/**
 * @file Compares the meshes of given numbers of devices for one plan and one model: bytes, memory and predicted time of each, which one to take,
 * and which are impossible. Runs no program of the user.
 */
import { availableParallelism } from "node:os";
import { adviseMessages } from "../compiler/diagnostics/catalog/cli.ts";
import { diagnose, settle } from "../compiler/diagnostics/diagnose.ts";
import { caught } from "../compiler/diagnostics/error.ts";
import type { Diagnostic, Result } from "../compiler/diagnostics/types.ts";
import { show } from "../compiler/expr/expr.ts";
import type { CanonicalGraph } from "../compiler/ir/types.ts";
import { meshCompiler } from "../compiler/meshes.ts";
import type { MeshCompiler } from "../compiler/meshes.ts";
import { checkAdviseOptions } from "./check-options.ts";
import { choose, ordered } from "./choose.ts";
import { FLOPS_PER_BYTE, GIVEN_LATENCY } from "./costs.ts";
import { measureExchanges } from "./measure/exchanges.ts";
import { measureMachine } from "./measure/machine.ts";
import { choiceText, meshesOf } from "./meshes.ts";
import { rowsOf } from "./rows.ts";
import type { Row } from "./rows.ts";
import type { Advice, AdviseOptions, CostModel, DevicesAdvice, MeshAdvice, MeshChoice } from "./types.ts";

/** Compares meshes. Errors in the options, the plan or the model are diagnostics. */
export async function advise(options: AdviseOptions): Promise<Result<Advice>> {
  const wrong = checkAdviseOptions(options);
  if (wrong.length > 0) return settle<Advice>(undefined, wrong);
  const { model, plan, planText, shapes, signal } = options;
  const compiler = await meshCompiler({
    model,
    plan,
    ...(planText !== undefined && { planText }),
    ...(shapes && { shapes }),
    ...(signal && { signal }),
  });
  if (!compiler.ok) return compiler;
  const open = openLengths(compiler.value.front.canonical);
  if (open !== null) return settle<Advice>(undefined, [...compiler.diagnostics, open]);
  const costs = await caught(costsOf(options));
  if (!costs.ok) return settle<Advice>(undefined, [...compiler.diagnostics, ...costs.diagnostics]);
  return compareMeshes(compiler.value, costs.value, options, compiler.diagnostics);
}

/** Compares meshes at stated costs; nothing is measured. */
async function compareMeshes(
  compiler: MeshCompiler,
  costs: CostModel,
  { devices, onProgress }: Pick<AdviseOptions, "devices" | "onProgress">,
  before: readonly Diagnostic[],
): Promise<Result<Advice>> {
  const counts = [...new Set(devices)];
  const choices = [...new Set([1, ...counts])].flatMap(meshesOf);
  const rows: Row[] = [];
  for (const [done, choice] of choices.entries()) {
    onProgress?.({ done, total: choices.length, what: choiceText(choice) });
    const found = await rowsOf(compiler, choice, costs);
    if ("aborted" in found) return settle<Advice>(undefined, found.aborted);
    rows.push(...found);
  }
  const alone = rows.find((row) => sizeOf(row) === 1);
  const single = alone === undefined || !("sent" in alone) ? null : { ...alone, speedup: 1 };
  const advice = {
    inputs: compiler.front.canonical.inputs.map(({ name, shape: { elem, dims } }) => ({
      name,
      elem,
      shape: dims.map(Number),
    })),
    costs,
    single,
    devices: counts.map((count) => devicesAdvice(count, rows, single)),
  };
  return settle(advice, [...before, ...unfit(advice.devices)]);
}

function devicesAdvice(devices: number, rows: readonly Row[], single: MeshAdvice | null): DevicesAdvice {
  const own = rows.filter((row) => sizeOf(row) === devices);
  const meshes = ordered(
    own.flatMap((row) => {
      const speedup = single === null || !("sent" in row) ? null : single.milliseconds / row.milliseconds;
      return "sent" in row ? [{ ...row, speedup }] : [];
    }),
  );
  return { devices, take: choose(meshes), meshes, impossible: own.filter((row) => "reason" in row) };
}

function sizeOf({ batch_degree, ring_degree, ulysses_degree }: MeshChoice): number {
  return batch_degree * ring_degree * ulysses_degree;
}

/** An error if no mesh of any number of devices is possible. */
function unfit(all: readonly DevicesAdvice[]): readonly Diagnostic[] {
  if (all.some(({ meshes }) => meshes.length > 0)) return [];
  const reasons = [...new Set(all.flatMap(({ impossible }) => impossible.map(({ reason }) => reason)))];
  const devices = all.map((one) => one.devices);
  return [diagnose(adviseMessages.nothingFits, { devices, reason: reasons.join("; ") })];
}

/** An error that names the lengths that no shape fixes, and the inputs that have them. */
function openLengths({ lengths, inputs }: CanonicalGraph): Diagnostic | null {
  if (lengths.length === 0) return null;
  const having = inputs.filter(({ shape }) => shape.dims.some((dim) => typeof dim !== "number"));
  return diagnose(adviseMessages.openLengths, {
    lengths: lengths.map(({ name }) => name),
    inputs: having.map(
      ({ name, shape }) => `${name}=${shape.dims.map((dim) => show(dim).replaceAll(" ", "")).join(",")}`,
    ),
  });
}

async function costsOf({ bandwidth, flops, devicesPerHost, hostBandwidth }: AdviseOptions): Promise<Result<CostModel>> {
  const cores = availableParallelism();
  const rates =
    flops === undefined
      ? await measureMachine(cores)
      : { products: flops, attention: flops, memory: flops / FLOPS_PER_BYTE };
  const network = bandwidth === undefined ? await measureExchanges() : { latency: GIVEN_LATENCY, bandwidth };
  const hosts =
    devicesPerHost === undefined || hostBandwidth === undefined
      ? null
      : { devices: devicesPerHost, bandwidth: hostBandwidth };
  return settle<CostModel>(
    {
      work: flops === undefined ? "measured" : "given",
      exchange: bandwidth === undefined ? "measured" : "given",
      shared: bandwidth === undefined,
      cores,
      ...rates,
      ...network,
      hosts,
    },
    [],
  );
}
