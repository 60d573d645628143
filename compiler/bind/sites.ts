/**
 * @file Resolves `$attention`: the attention sites inside the modules that each entry names, and which entry decides each site. Knows no
 * layout and no mesh.
 */
import { bindSites } from "../diagnostics/catalog/splitting/reserved.ts";
import { diagnose } from "../diagnostics/diagnose.ts";
import { suggest } from "../diagnostics/suggest.ts";
import type { Diagnostic } from "../diagnostics/types.ts";
import { asCp } from "../ir/cp.ts";
import { modulesAround, starred } from "../ir/module-paths.ts";
import type { CanonicalGraph, CanonicalNode } from "../ir/types.ts";
import type { PlanAttention } from "../plan/types.ts";
import type { Context } from "./context.ts";
import { spellingMatcher } from "./patterns.ts";
import { unmatched } from "./requests.ts";
import type { SiteBinding } from "./types.ts";

export interface Sites {
  readonly sites: readonly SiteBinding[];
  readonly diagnostics: readonly Diagnostic[];
}

export function siteBindings(stated: readonly PlanAttention[], context: Context): Sites {
  const diagnostics: Diagnostic[] = [];
  const found = sitesOf(context.graph);
  const patterns = stated.map(({ pattern }) => pattern);
  const match = spellingMatcher(context.modules, context.graph.prefix, patterns);
  const deciders = new Map<CanonicalNode, PlanAttention>();
  const named = new Map<PlanAttention, readonly CanonicalNode[]>();
  for (const entry of stated) {
    const modules = new Set(match(entry.pattern).modules);
    const inside = found.filter(({ scope }) => modulesAround(scope).some((module) => modules.has(module)));
    if (modules.size === 0) diagnostics.push(unmatched({ ...entry, patternSpan: entry.origin.keySpan }, context));
    else if (inside.length === 0) diagnostics.push(withoutSites(entry, found));
    named.set(entry, inside);
    // A later entry replaces an earlier one.
    for (const site of inside) deciders.set(site, entry);
  }
  const sites = found.flatMap((node) => {
    const entry = deciders.get(node);
    return entry === undefined ? [] : [{ node: node.name, module: node.scope, entry }];
  });
  return { sites, diagnostics: [...diagnostics, ...replacedNotes(named, deciders)] };
}

function sitesOf({ nodes }: CanonicalGraph): readonly CanonicalNode[] {
  return nodes.filter((node) => asCp(node, "Attention") !== null);
}

function withoutSites({ pattern, origin }: PlanAttention, found: readonly CanonicalNode[]): Diagnostic {
  const known = [...new Set(found.map(({ scope }) => scope))];
  const suggestion = suggest(
    pattern,
    known.map((module) => starred(module, pattern)),
  );
  const where = { span: origin.keySpan ?? undefined };
  return diagnose(bindSites.noSite, { pattern, suggestion, known }, where);
}

/** Entries that decide no site, because later ones decide all of theirs. */
function replacedNotes(
  named: ReadonlyMap<PlanAttention, readonly CanonicalNode[]>,
  deciders: ReadonlyMap<CanonicalNode, PlanAttention>,
): readonly Diagnostic[] {
  return [...named].flatMap(([entry, inside]) => {
    const last = [...new Set(inside.map((site) => deciders.get(site)!))];
    if (inside.length === 0 || last.includes(entry)) return [];
    const params = { where: entry.origin.pointer, later: last.map(({ origin }) => origin.pointer) };
    return [diagnose(bindSites.replaced, params, { span: entry.origin.keySpan ?? undefined })];
  });
}
