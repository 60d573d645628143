/**
 * @file One plan and one model compiled for many meshes: what does not depend on the mesh is done once. Knows no stage's logic.
 */
import { contextOf } from "./bind/context.ts";
import { siteBindings } from "./bind/sites.ts";
import { bindStages, isWhole, meshStages, readPlan } from "./compile.ts";
import type { Compilation, Front, FrontOptions } from "./compile.ts";
import { lowerMessages } from "./diagnostics/catalog/lower.ts";
import { diagnose, hasErrors, settle } from "./diagnostics/diagnose.ts";
import type { Diagnostic, Result } from "./diagnostics/types.ts";
import { readModel } from "./graph/read.ts";
import { joinWhere } from "./plan/validate/places.ts";
import { fitsMesh } from "./plan/validate/rules/content.ts";
import { schemesFitMesh } from "./plan/validate/rules/schemes.ts";
import type { MeshConfig, PlanAttention } from "./plan/types.ts";
import { siteBytes } from "./shard/attention/bytes.ts";
import { bytesOf, siteChooser, type SiteChoice } from "./shard/attention/choose.ts";
import type { ShardedGraph } from "./shard/types.ts";
import { newRun } from "./run.ts";
import { lookSwapped } from "./swapped.ts";
import { Aborted } from "./turn.ts";

export interface MeshCompiler {
  /** What the stages before the mesh made. */
  readonly front: Front;
  /** As `compileStages` with this mesh. `attention` replaces `$attention` of the plan. Writes nothing. */
  readonly compile: (mesh: MeshConfig, attention?: SiteChoice["attention"]) => Promise<Compilation>;
  /**
   * `$attention` under which the ranks of this mesh together send fewer bytes than under the plan, the fewest there are; `null` where the plan
   * is as good. The model has no open lengths. `plain` is what `compile` gave without `attention`.
   */
  readonly betterSites: (mesh: MeshConfig, plain: ShardedGraph | undefined) => SiteChoice["attention"] | null;
}

/** Runs the stages before the mesh. The diagnostics are theirs, and each compilation repeats them. */
export async function meshCompiler(options: FrontOptions): Promise<Result<MeshCompiler>> {
  const made = await orAborted(() => prepare(options));
  return "found" in made ? settle<MeshCompiler>(undefined, made.found) : made;
}

async function prepare(options: FrontOptions): Promise<Result<MeshCompiler>> {
  const swapped = lookSwapped(options.plan, options.model);
  if (swapped !== undefined) return settle<MeshCompiler>(undefined, [swapped]);
  const run = newRun(options);
  const read = await Promise.all([readPlan(options), readModel(options.model)]);
  const [plan, model] = [run.keep(read[0]), run.keep(read[1])];
  const front = plan && model ? await bindStages(plan, model, options, run) : {};
  if (!isWhole(front)) return settle<MeshCompiler>(undefined, run.found);
  const compile: MeshCompiler["compile"] = async (mesh, attention) => {
    const own = attention === undefined ? front : withAttention(front, attention);
    const made = await orAborted(() => compileFor(own, mesh, options, run.found));
    return "found" in made ? { stages: {}, diagnostics: made.found } : made;
  };
  const choose = siteChooser(front.bound, {});
  const betterSites: MeshCompiler["betterSites"] = (mesh, plain) => {
    const chosen = choose({ ...mesh, mesh }, plain);
    return chosen.ok && pays(chosen.value, plain) ? chosen.value.attention : null;
  };
  return settle({ front, compile, betterSites }, run.found);
}

/** If the plan cannot run on the mesh, a site must exchange heads: with every site gathered the mesh is as good as a ring. */
function pays({ sites }: SiteChoice, plain: ShardedGraph | undefined): boolean {
  if (plain !== undefined) return bytesOf(sites) < bytesOf(siteBytes(plain, {}));
  return sites.some(({ scheme }) => scheme === "ulysses" || scheme === "unified");
}

/** The same bound plan with other schemes; nothing else that binding does depends on them. */
function withAttention(front: Front, stated: SiteChoice["attention"]): Front {
  const attention = Object.entries(stated).map(([pattern, scheme]): PlanAttention => {
    return { pattern, scheme, origin: { pointer: joinWhere("$attention", pattern), span: null, keySpan: null } };
  });
  const { sites } = siteBindings(attention, contextOf(front.canonical));
  return { ...front, plan: { ...front.plan, attention }, bound: { ...front.bound, sites } };
}

async function compileFor(
  front: Front,
  mesh: MeshConfig,
  options: FrontOptions,
  before: readonly Diagnostic[],
): Promise<Compilation> {
  const run = newRun(options, before);
  run.found.push(...fitsMesh(front.plan, mesh), ...schemesFitMesh(front.plan, mesh));
  const made = hasErrors(run.found) ? {} : await meshStages(front, mesh, {}, run);
  return { stages: { ...front, mesh, ...made }, diagnostics: run.found };
}

interface Ended {
  readonly found: readonly Diagnostic[];
}

async function orAborted<T>(work: () => Promise<T>): Promise<T | Ended> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Aborted)) throw error;
    return { found: [diagnose(lowerMessages.aborted, {})] };
  }
}
