/**
 * @file All mutants of all exports, a sample of them by seed, and the count of what became of them.
 */
import { readFileSync } from "node:fs";
import type { ContextParallelPlan, MeshConfig } from "../../compiler/plan/types.ts";
import type { OrtTensors } from "../../ort/types.ts";
import { committedExports, fits, sampleFile, type Export } from "../support/exports.ts";
import { fixtureTensors, valueOf } from "../support/fixtures.ts";
import { feedMutantsOf } from "./feeds.ts";
import { compile, judge, judgeFeeds, sourceOf, type Source, type Verdict } from "./judge.ts";
import { mutantsOf, type Mutant } from "./mutations.ts";
import type { Label } from "./oracle.ts";
import { sitesOf } from "./sites.ts";

export interface Case {
  readonly name: string;
  readonly kind: string;
  readonly label: Label;
  readonly verdict: Verdict;
}

export interface Counts {
  readonly mutants: number;
  readonly ran: number;
  readonly refused: number;
  readonly wrong: number;
  readonly crashed: number;
  readonly hung: number;
  readonly mustRun: number;
  readonly mustRefuse: number;
  readonly either: number;
}

/** Which of the cases to take, in order of appearance. */
export type Take = () => boolean;

const mesh = (ring_degree: number, ulysses_degree: number, rotate_method: MeshConfig["rotate_method"]): MeshConfig => ({
  ring_degree,
  ulysses_degree,
  rotate_method,
  convert_to_fp32: true,
});
const MESHES: readonly MeshConfig[] = [mesh(1, 2, "allgather"), mesh(3, 1, "alltoall"), mesh(2, 2, "allgather")];
/** The exports' attentions have 4 or 5 heads; no Ulysses group has more members than heads. */
const TOO_MANY_HEADS: MeshConfig = mesh(1, 16, "allgather");

/** Families that have a plan of ours. */
export function subjects(): readonly Export[] {
  return committedExports().filter(({ family }) => planText(family) !== null);
}

/** Mutants of the plan on every mesh. */
export async function* planCases(source: Export, take: Take): AsyncGenerator<Case> {
  const opened = await open(source);
  const { canonical } = opened.source;
  const plan = planFor(source.family);
  const subject = {
    family: source.family,
    sites: sitesOf(plan),
    modules: [...canonical.modules.keys()],
    inputs: canonical.inputs.map(({ name }) => name),
    fixed: source.exporter.includes("static"),
  };
  const degree: Mutant = { name: "more Ulysses ranks than heads", kind: "mesh", label: "must-refuse", plan };
  const all = MESHES.flatMap((mesh) => mutantsOf(subject).map((mutant) => ({ mesh, mutant })));
  for (const { mesh, mutant } of [...all, { mesh: TOO_MANY_HEADS, mutant: degree }]) {
    if (!take()) continue;
    const verdict = await judge(opened.source, mutant.plan, mesh, opened.feeds);
    yield { name: `${source.file} on ${shown(mesh)}: ${mutant.name}`, kind: mutant.kind, label: mutant.label, verdict };
  }
}

/** Mutants of the feeds under the plan as it is. */
export async function* feedCases(source: Export, take: Take): AsyncGenerator<Case> {
  const opened = await open(source);
  for (const mesh of MESHES) {
    const graph = valueOf(await compile(opened.source, planFor(source.family), mesh));
    const ranks = mesh.ring_degree * mesh.ulysses_degree;
    for (const { name, label, feeds } of feedMutantsOf(opened.source.canonical, opened.feeds, ranks)) {
      if (!take()) continue;
      const verdict = await judgeFeeds(graph, feeds);
      yield { name: `${source.file} on ${shown(mesh)}: feeds ${name}`, kind: "feeds", label, verdict };
    }
  }
}

export function countsOf(cases: readonly Case[]): Counts {
  const by = (test: (found: Case) => boolean): number => cases.filter(test).length;
  return {
    mutants: cases.length,
    ran: by(({ verdict }) => verdict.outcome === "ran"),
    refused: by(({ verdict }) => verdict.outcome === "refused"),
    wrong: by(({ verdict }) => verdict.outcome === "wrong"),
    crashed: by(({ verdict }) => verdict.outcome === "crashed"),
    hung: by(({ verdict }) => verdict.outcome === "hung"),
    mustRun: by(({ label }) => label === "must-run"),
    mustRefuse: by(({ label }) => label === "must-refuse"),
    either: by(({ label }) => label === "either"),
  };
}

/** What is not as it must be: one line for each. */
export function faultsOf(cases: readonly Case[]): readonly string[] {
  return cases.flatMap(({ name, label, verdict: { outcome, why } }) => {
    const fine = (outcome === "ran" && label !== "must-refuse") || (outcome === "refused" && label !== "must-run");
    return fine ? [] : [`${name}: ${label}, ${outcome} ${why}`];
  });
}

/** Takes about one in `every`, the same ones each time. */
export function oneIn(every: number, seed: number): Take {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 < 1 / every;
  };
}

interface Opened {
  readonly source: Source;
  readonly feeds: OrtTensors;
}

/** The export with the last sample that fits it: of a dynamic export the one with uneven lengths. */
async function open(source: Export): Promise<Opened> {
  const opened = await sourceOf(source.file);
  const samples = await Promise.all(source.sizes.map((size) => fixtureTensors(sampleFile(source, size, "inputs"))));
  const fitting = samples.filter((feeds) => fits(opened.model, feeds));
  const uneven = fitting.find((feeds) =>
    Object.values(feeds).some(({ dims }) => dims.some((dim) => dim % 2 === 1 && dim > 2)),
  );
  return { source: opened, feeds: uneven ?? fitting[0]! };
}

function planText(family: string): string | null {
  try {
    return readFileSync(new URL(`../../plans/${family}.plan.json`, import.meta.url), "utf8");
  } catch {
    return null;
  }
}

function planFor(family: string): ContextParallelPlan {
  return JSON.parse(planText(family)!) as ContextParallelPlan;
}

function shown({ ring_degree, ulysses_degree }: MeshConfig): string {
  return `${ring_degree} x ${ulysses_degree}`;
}
