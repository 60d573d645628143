/**
 * @file `advise`: compares the meshes of several numbers of devices without running the plan on any of them.
 */
import { advise } from "../../advise/advise.ts";
import { meshesOf } from "../../advise/meshes.ts";
import type { AdviseOptions } from "../../advise/types.ts";
import { limits } from "../../compiler/limits/limits.ts";
import type { CommandIo } from "../io.ts";
import { type Outcome, outcome, UsageError } from "../outcome.ts";
import { printAdvice } from "../print/advice.ts";
import { startProgress } from "../print/progress.ts";
import { modelOf, planOf } from "../request.ts";

export interface AdviseCommandOptions {
  readonly model?: string;
  readonly devices: readonly number[];
  readonly bandwidth?: number;
  readonly flops?: number;
  readonly devicesPerHost?: number;
  readonly hostBandwidth?: number;
  readonly shape?: Readonly<Record<string, readonly number[]>>;
}

export async function adviseCommand(plan: string, options: AdviseCommandOptions, io: CommandIo): Promise<Outcome> {
  refuse(options);
  const { shape, model: named, ...rest } = options;
  const given = await planOf(plan, io);
  if (!given.ok) return outcome(given.diagnostics);
  const model = await modelOf(given.value, named === undefined ? {} : { model: named });
  if (!model.ok) return outcome(model.diagnostics);
  const request: AdviseOptions = { ...rest, ...given.value, model: model.value, ...(shape && { shapes: shape }) };
  const total = [...new Set([1, ...options.devices])].flatMap(meshesOf).length;
  const progress = await startProgress("mesh", total, io);
  try {
    const onProgress: AdviseOptions["onProgress"] = ({ done, what }) => progress.update(done, what);
    const advice = await advise({ ...request, signal: io.signal, onProgress });
    if (!advice.ok) return outcome(advice.diagnostics);
    return outcome(advice.diagnostics, advice.value, printAdvice(advice.value));
  } finally {
    progress.stop();
  }
}

const NEEDS = [
  ["flops", "--flops", "bandwidth", "--bandwidth"],
  ["devicesPerHost", "--devices-per-host", "hostBandwidth", "--host-bandwidth"],
  ["hostBandwidth", "--host-bandwidth", "devicesPerHost", "--devices-per-host"],
  ["devicesPerHost", "--devices-per-host", "bandwidth", "--bandwidth"],
] as const;

/** Options that mean nothing without another, in the words of the command line. */
function refuse(options: AdviseCommandOptions): void {
  const most = limits.ranks.most;
  const large = options.devices.find((count) => count > most);
  if (large !== undefined) throw new UsageError(`--devices: ${large} devices are more than ${most}`);
  for (const [option, flag, other, otherFlag] of NEEDS) {
    if (options[option] !== undefined && options[other] === undefined) {
      throw new UsageError(`${flag} requires ${otherFlag}`);
    }
  }
}
