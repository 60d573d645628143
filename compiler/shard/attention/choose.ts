/**
 * @file The scheme of each attention site that moves the fewest bytes on a mesh: the scheme of the mesh, or keys and values gathered. Both
 * are propagated and their collectives counted, so that no formula of a scheme is written down twice.
 */
import type { BoundPlan, SiteBinding } from "../../bind/types.ts";
import { hasErrors, settle } from "../../diagnostics/diagnose.ts";
import type { Diagnostic, Result } from "../../diagnostics/types.ts";
import { groupBy } from "../../group.ts";
import { asCp, type AttentionOperation } from "../../ir/cp.ts";
import { depthOf, matchesPattern, modulesAround, patternOf } from "../../ir/module-paths.ts";
import { schemeOfMesh } from "../../plan/schemes.ts";
import type { AttentionScheme } from "../../plan/types.ts";
import type { Lengths } from "../../../program/lengths.ts";
import { groupSize } from "../../../program/mesh.ts";
import type { Shares } from "../../../program/shares.ts";
import { shard } from "../shard.ts";
import type { ShardOptions } from "../state.ts";
import type { ShardedGraph } from "../types.ts";
import { siteBytes, type SiteBytes } from "./bytes.ts";
import { misfitOf } from "./fits.ts";
import { HEADS } from "./operands.ts";

export interface SiteChoice {
  /** `$attention` for the plan, in this order; empty where the scheme of the mesh is best, or as good, everywhere. */
  readonly attention: Readonly<Record<string, AttentionScheme>>;
  /** Every site under this choice, in order. */
  readonly sites: readonly SiteBytes[];
}

type Schemes = ReadonlyMap<string, AttentionScheme>;

/** Chooses on one mesh. `plain` is the propagation of the bound plan there, if it is known: it is not done again. */
export type SiteChooser = (options: ShardOptions, plain?: ShardedGraph) => Result<SiteChoice>;

/** The choice on a single mesh; see `siteChooser`. */
export function chooseSites(
  bound: BoundPlan,
  options: ShardOptions,
  lengths: Lengths,
  shares: Shares = null,
): Result<SiteChoice> {
  return siteChooser(bound, lengths, shares)(options);
}

/**
 * Chooses for the sites of each module together, since a plan names modules; what the plan itself states in `$attention` is not considered.
 * The sum of the bytes over all ranks decides: sites do not affect each other, so the choice is the best for all of them. Errors: the plan
 * cannot be split on this mesh, whatever the schemes.
 */
export function siteChooser(bound: BoundPlan, lengths: Lengths, shares: Shares = null): SiteChooser {
  const found = bound.graph.nodes.flatMap((node) => asCp(node, "Attention") ?? []);
  const modules = [...new Set(found.map(({ node }) => node.scope))];
  const bytesUnder = (schemes: Schemes, options: ShardOptions, plain?: ShardedGraph): Result<readonly SiteBytes[]> => {
    const made = plain === undefined ? shard(withSchemes(bound, found, schemes), options) : settle(plain, []);
    const errors = made.diagnostics.filter(({ severity }) => severity === "error");
    const isDone = made.ok && !hasErrors(errors);
    return settle<readonly SiteBytes[]>(isDone ? siteBytes(made.value, lengths, shares) : undefined, errors);
  };
  // How a sequence group is made of a ring and of Ulysses groups does not change what a gather sends.
  const gathers = new Map<string, Result<readonly SiteBytes[]>>();
  return (options, plain) => {
    const own = schemeOfMesh(options.mesh);
    const misfits = new Set(found.filter((site) => isMisfit(bound, site, options)).map(({ node }) => node.scope));
    const key = `${options.mesh.batch_degree} ${groupSize("sequence", options.mesh)}`;
    const gathered =
      gathers.get(key) ??
      bytesUnder(
        allOf(modules, () => "gather"),
        options,
      );
    gathers.set(key, gathered);
    const first = allOf(modules, (module) => (misfits.has(module) ? "gather" : own));
    const isKnown = misfits.size === 0 && bound.sites.length === 0;
    const dealt = bytesUnder(first, options, isKnown ? plain : undefined);
    if (!gathered.ok || !dealt.ok)
      return settle<SiteChoice>(undefined, unique([...gathered.diagnostics, ...dealt.diagnostics]));
    const [whenGathered, otherwise] = [gathered.value, dealt.value];
    const byModule = [whenGathered, otherwise].map((sites) => groupBy(sites, ({ module }) => module));
    const wanted = allOf(modules, (module) => {
      const [gather, other] = byModule.map((sites) => bytesOf(sites.get(module) ?? []));
      return misfits.has(module) || gather! < other! ? "gather" : own;
    });
    const sites = otherwise.map((site, i) => (wanted.get(site.module) === "gather" ? whenGathered[i]! : site));
    return settle({ attention: entriesFor(wanted, own), sites }, []);
  };
}

function isMisfit({ graph }: BoundPlan, { q, k }: AttentionOperation, options: ShardOptions): boolean {
  const [heads, keyHeads] = [q, k].map((value) => graph.shapes.get(value)!.dims[HEADS]!);
  return misfitOf([heads!, keyHeads!], options) !== null;
}

function allOf(modules: readonly string[], schemeOf: (module: string) => AttentionScheme): Schemes {
  return new Map(modules.map((module) => [module, schemeOf(module)]));
}

function withSchemes(bound: BoundPlan, found: readonly AttentionOperation[], schemes: Schemes): BoundPlan {
  const sites = found.map(({ node }): SiteBinding => {
    const origin = { pointer: `$attention.${node.scope}`, span: null, keySpan: null };
    const entry = { pattern: node.scope, scheme: schemes.get(node.scope)!, origin };
    return { node: node.name, module: node.scope, entry };
  });
  return { ...bound, sites };
}

/** Sent by all ranks together. */
export function bytesOf(sites: readonly SiteBytes[]): number {
  return sites.flatMap(({ sent }) => sent).reduce((a, b) => a + b, 0);
}

/** Both propagations find the same errors outside attention. */
function unique(errors: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...groupBy(errors, (error) => JSON.stringify(error)).values()].map(([first]) => first!);
}

/** `$attention` that gathers the sites of some modules, and those of no other; `own` is what the others have. */
export function gatheringFor(
  { graph }: BoundPlan,
  gathered: ReadonlySet<string>,
  own: AttentionScheme,
): SiteChoice["attention"] {
  const modules = graph.nodes.flatMap((node) => (asCp(node, "Attention") === null ? [] : [node.scope]));
  return entriesFor(
    allOf([...new Set(modules)], (module) => (gathered.has(module) ? "gather" : own)),
    own,
  );
}

/** The keys that give each module what it wants: patterns where they do, names otherwise. */
function entriesFor(wanted: Schemes, own: AttentionScheme): SiteChoice["attention"] {
  const disagree = new Set<string>();
  for (const [module, scheme] of wanted) {
    const siblings = [...wanted].filter(([other]) => patternOf(other) === patternOf(module));
    if (siblings.some(([, other]) => other !== scheme)) disagree.add(module);
  }
  const short = entriesBy(wanted, own, (module) => (disagree.has(module) ? module : patternOf(module)));
  const isExact = [...wanted].every(([module, scheme]) => (decided(short, module) ?? own) === scheme);
  return Object.fromEntries(isExact ? short : entriesBy(wanted, own, (module) => module));
}

/** Outer modules first, since a later key replaces an earlier one; a module that already has what it wants needs no key. */
function entriesBy(wanted: Schemes, own: AttentionScheme, nameOf: (module: string) => string): Schemes {
  const entries = new Map<string, AttentionScheme>();
  const outerFirst = [...wanted].toSorted(([a], [b]) => depthOf(a) - depthOf(b));
  for (const [module, scheme] of outerFirst) {
    if ((decided(entries, module) ?? own) !== scheme) entries.set(nameOf(module), scheme);
  }
  return entries;
}

/** What a plan with these keys states for the sites of a module. */
function decided(entries: Schemes, module: string): AttentionScheme | undefined {
  const around = modulesAround(module);
  return [...entries].findLast(([pattern]) => around.some((outer) => matchesPattern(pattern, outer)))?.[1];
}
