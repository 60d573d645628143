/**
 * @file The oracle: executes a sharded graph for all ranks in one thread, step by step, and compares every value that has a layout with the
 * unsplit value. It needs no pieces, workers or transports, and locates the step where an error first appears.
 */
import { OrtError } from "../../ort/session.ts";
import { numbersIn } from "../../ort/tensors.ts";
import { ranksOf } from "../../program/mesh.ts";
import { cutOf } from "../../program/shares.ts";
import type { OrtTensor, OrtTensors } from "../../ort/types.ts";
import { withinLimits } from "../expr/expr.ts";
import { lengthsTooLarge } from "../diagnostics/catalog/canonical.ts";
import { verifyMessages as messages } from "../diagnostics/catalog/verify.ts";
import { diagnose } from "../diagnostics/diagnose.ts";
import type { Diagnostic, Result } from "../diagnostics/types.ts";
import { behindRounding } from "../ir/rounding.ts";
import type { LocalStep, ShardedGraph, ShardedStep } from "../shard/types.ts";
import { compareShards } from "./compare.ts";
import type { Label } from "./compare.ts";
import { runCollective } from "./collective.ts";
import type { RankValues } from "./collective.ts";
import { checkLengths } from "./lengths.ts";
import { runLocal } from "./local.ts";
import type { Run } from "./local.ts";
import { NOISE, spreadsOf } from "./noise.ts";
import { AMPLIFIED, tolerancesOf } from "./tolerance.ts";
import type { Rounding, SimulateOptions, SimulationReport, Spread, Tolerance, WrongValue } from "./types.ts";
import { unsplitValues } from "./unsplit.ts";

export type { SimulateOptions, SimulationReport } from "./types.ts";

/**
 * Runs `sharded` on whole `feeds`. Fails if the feeds violate the assumptions of the proof, or the unsplit model does not run; a wrong
 * value is a finding, not a failure: see `wrong` in the report, and `reportOf`.
 */
export async function simulate(
  sharded: ShardedGraph,
  feeds: OrtTensors,
  { tolerance, shares = null }: SimulateOptions = {},
): Promise<Result<SimulationReport>> {
  const lengths = withinLimits(() => checkLengths(sharded, feeds));
  if (lengths === null) return { ok: false, diagnostics: [diagnose(lengthsTooLarge, { stage: "reading the inputs" })] };
  if (!lengths.ok) return lengths;
  const count = ranksOf(sharded.mesh);
  const fed = sharded.graph.inputs.map(({ name }) => [name, feeds[name]!] as const);
  const counterparts = counterpartsOf(sharded);
  const { graph } = sharded;
  try {
    const unsplit = await unsplitValues(graph, feeds, lengths.value, new Set(counterparts.values()));
    const behind = behindRounding(graph);
    const spreads = behind.size === 0 ? NONE : await spreadsOf(graph, feeds, lengths.value, behind, unsplit);
    const tolerances = tolerance === undefined ? tolerancesOf(graph) : () => tolerance;
    const run = (): Run => {
      const ranks = Array.from({ length: count }, (): RankValues => new Map(fed));
      return { sharded, lengths: lengths.value, cut: cutOf(sharded.mesh, shares), ranks };
    };
    const reference = { counterparts, unsplit, spreads, tolerances };
    let executed = await execute(run(), reference);
    if (tolerance === undefined && executed.near.size > 0) {
      const more = await spreadsOf(graph, feeds, lengths.value, executed.near, unsplit);
      const limited = [...more].map(([name, spread]) => [name, { ...spread, times: AMPLIFIED }] as const);
      executed = await execute(run(), { ...reference, spreads: new Map([...spreads, ...limited]) });
    }
    const report = { ...executed.report, undefined: undefinedIn(graph.outputs, unsplit) };
    return { ok: true, value: report, diagnostics: [] };
  } catch (error) {
    if (!(error instanceof OrtError)) throw error;
    return { ok: false, diagnostics: [diagnose(messages.unsplitFailed, { reason: error.message })] };
  }
}

/** A report as a diagnostic: the first wrong value, or a note that all agree. */
export function reportOf(report: SimulationReport): Diagnostic {
  const { wrong, ranks, compared, differences, rounded } = report;
  if (wrong !== null) return wrong.diagnostic;
  const [value, largest] = largestOf([...differences].filter(([name]) => !rounded.has(name)));
  return diagnose(messages.exact, { ranks, compared, largest, value, rounding: roundingOf(report) });
}

/** Outputs of which the comparison says little. */
export function warningsOf({ undefined: outputs }: SimulationReport): readonly Diagnostic[] {
  return outputs.map((found) => diagnose(messages.undefinedOutput, found));
}

/** Of the values behind a rounding to whole numbers: the one that differs most, and how far it moves by itself. */
export function roundingOf({ differences, rounded }: SimulationReport): Rounding | null {
  if (rounded.size === 0) return null;
  const [value, largest] = largestOf([...differences].filter(([name]) => rounded.has(name)));
  return { values: rounded.size, value, largest, moves: rounded.get(value)?.moves ?? 0, noise: NOISE };
}

function largestOf(differences: readonly (readonly [string, number])[]): readonly [string, number] {
  return differences.reduce((a, b) => (b[1] > a[1] ? b : a), ["", 0]);
}

const NONE: ReadonlyMap<string, Spread> = new Map();

/** The unsplit model: by values of the sharded graph, and by those of its own. */
interface Reference {
  readonly counterparts: ReadonlyMap<string, string>;
  readonly unsplit: ReadonlyMap<string, OrtTensor>;
  readonly spreads: ReadonlyMap<string, Spread>;
  readonly tolerances: (value: string) => Tolerance;
}

interface Executed {
  readonly report: Omit<SimulationReport, "undefined">;
  /** Wrong values of the unsplit model, if all that is wrong are numbers that noise on it may explain; else none. */
  readonly near: ReadonlySet<string>;
}

async function execute(run: Run, { counterparts, unsplit, spreads, tolerances }: Reference): Promise<Executed> {
  const { sharded, ranks, lengths, cut } = run;
  const differences = new Map<string, number>();
  const rounded = new Map<string, Spread>();
  const unchecked: string[] = [];
  let compared = 0;
  let failed: WrongValue | null = null;
  const wrong: WrongValue[] = [];
  const near = new Set<string>();
  let nearOnes = 0;
  const compare = (label: Label): void => {
    const layout = sharded.layouts.get(label.value);
    if (layout === undefined || !ranks.every((values) => values.has(label.value))) return;
    const counterpart = counterparts.get(label.value) ?? "";
    const whole = unsplit.get(counterpart);
    if (whole === undefined) return void unchecked.push(label.value);
    const shards = ranks.map((values) => values.get(label.value)!);
    const spread = spreads.get(counterpart);
    const placement = { layout, mesh: sharded.mesh, lengths, cut };
    const result = compareShards(label, shards, whole, placement, tolerances(counterpart), spread);
    compared += 1;
    if (result.isNear === true) {
      nearOnes += 1;
      near.add(counterpart);
    }
    if (result.wrong !== null) return void wrong.push(result.wrong);
    differences.set(label.value, result.difference);
    if (spread !== undefined && spread.times === undefined) rounded.set(label.value, spread);
  };
  for (const steps of batches(sharded.steps)) {
    const [first] = steps;
    failed =
      first.kind === "local"
        ? await runLocal(run, steps as readonly LocalStep[])
        : runCollective(first, ranks, sharded.mesh, lengths, cut);
    for (const step of steps) for (const label of labelsOf(step)) compare(label);
    if (failed !== null) break;
  }
  const findings = failed === null ? wrong : [...wrong, failed];
  const counts = { ranks: ranks.length, compared, wrong: findings[0] ?? null, wrongCount: findings.length };
  const report = { ...counts, differences, unchecked, rounded };
  return { report, near: nearOnes === findings.length ? near : new Set() };
}

function undefinedIn(
  outputs: readonly string[],
  unsplit: ReadonlyMap<string, OrtTensor>,
): SimulationReport["undefined"] {
  return outputs.flatMap((output) => {
    const tensor = unsplit.get(output);
    const numbers = tensor === undefined ? [] : numbersIn(tensor);
    let count = 0;
    for (let i = 0; i < numbers.length; i++) if (Number.isNaN(numbers[i])) count += 1;
    return count === 0 ? [] : [{ output, share: count / numbers.length }];
  });
}

/** Consecutive local steps together, each collective alone. */
function batches(steps: readonly ShardedStep[]): readonly (readonly [ShardedStep, ...ShardedStep[]])[] {
  const all: [ShardedStep, ...ShardedStep[]][] = [];
  for (const step of steps) {
    const last = all.at(-1);
    if (step.kind === "local" && last?.[0].kind === "local") last.push(step);
    else all.push([step]);
  }
  return all;
}

/** The values that a step makes. */
function labelsOf(step: ShardedStep): readonly Label[] {
  const { module } = step.origin;
  if (step.kind === "local") {
    return step.node.outputs.map((value) => ({ value, node: step.node.name, module }));
  }
  const received = step.transfers.flatMap(({ receive }) => receive);
  return received.map((value) => ({ value, node: step.name, module }));
}

/** For every value with a layout, the unsplit value that holds its content: itself, or the one that `sameAs` gives. */
function counterpartsOf({ graph, layouts, sameAs }: ShardedGraph): ReadonlyMap<string, string> {
  const unsplit = new Set([
    ...graph.inputs.map(({ name }) => name),
    ...graph.constants.keys(),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ]);
  const entries = [...layouts.keys()].map((value): readonly [string, string] => {
    let name = value;
    while (!unsplit.has(name) && sameAs.has(name)) name = sameAs.get(name)!;
    return [value, name];
  });
  return new Map(entries.filter(([, name]) => unsplit.has(name)));
}
