/**
 * @file Notes on schemes of the plan that change nothing: nothing is exchanged at the site, or the scheme is about split queries.
 */
import { bindSites } from "../../diagnostics/catalog/splitting/reserved.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import type { Diagnostic } from "../../diagnostics/types.ts";
import { groupBy } from "../../group.ts";
import { patternOf } from "../../ir/module-paths.ts";
import type { State } from "../state.ts";

/** One note per entry and reason: a pattern over 60 blocks should not repeat it 60 times. */
export function idleSchemes({ idle, sites }: State): readonly Diagnostic[] {
  const groups = groupBy(idle, ({ site, why }) => `${site.entry.origin.pointer} ${why}`);
  return [...groups.values()].map((group) => {
    const { site, why } = group[0]!;
    const { scheme, origin } = site.entry;
    const decided = [...sites.values()].filter(({ entry }) => entry === site.entry);
    const without = new Set(idle.flatMap((one) => (one.site.entry === site.entry ? [one.site.module] : [])));
    const modules = [...new Set(group.map((one) => one.site.module))];
    const of = new Set(decided.map(({ module }) => module)).size;
    const others = narrowed(
      decided.map(({ module }) => module).filter((module) => !without.has(module)),
      without,
    );
    const params = { where: origin.pointer, scheme, modules, of, others, why };
    return diagnose(bindSites.idle, params, { span: origin.keySpan ?? undefined });
  });
}

/** The modules, by pattern where no pattern also matches one to leave out. */
function narrowed(modules: readonly string[], without: ReadonlySet<string>): readonly string[] {
  const excluded = new Set([...without].map(patternOf));
  return [...new Set(modules.map((module) => (excluded.has(patternOf(module)) ? module : patternOf(module))))];
}
