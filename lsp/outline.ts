/**
 * @file What a plan can name in a model, arranged for completion and hover. Knows no protocol.
 */
import { axisToSplit, sequenceLengths } from "../compiler/inspect/axes.ts";
import { matchesPattern, patternOf } from "../compiler/ir/module-paths.ts";
import type { InspectedModule, InspectedValue, Inspection } from "../compiler/inspect/model.ts";

export { shapeText, short } from "../compiler/inspect/axes.ts";

export interface Outline {
  readonly modules: ReadonlyMap<string, InspectedModule>;
  /** Patterns over several modules, with the first of them. */
  readonly patterns: ReadonlyMap<string, InspectedModule>;
  /** Modules with attention, and patterns over them. */
  readonly sites: readonly string[];
  /** Names of lengths that occur in the sequences of attention. */
  readonly lengths: ReadonlySet<string>;
}

export function outlineOf({ modules, attention }: Inspection): Outline {
  const byPattern = new Map<string, InspectedModule[]>();
  for (const module of modules) {
    const pattern = patternOf(module.path);
    if (pattern === module.path) continue;
    const known = byPattern.get(pattern);
    if (known === undefined) byPattern.set(pattern, [module]);
    else known.push(module);
  }
  const several = [...byPattern].filter(([, members]) => members.length > 1);
  const sites = attention.map(({ module }) => module);
  return {
    modules: new Map(modules.map((module) => [module.path, module])),
    patterns: new Map(several.flatMap(([pattern, [first]]) => (first === undefined ? [] : [[pattern, first]]))),
    sites: [...new Set([...sites.map(patternOf), ...sites])],
    lengths: sequenceLengths(attention),
  };
}

/** The modules that a key names, in the order of the model. */
export function modulesOf(key: string, { modules }: Outline): readonly InspectedModule[] {
  const exact = modules.get(key);
  if (exact !== undefined) return [exact];
  return key.includes("*") ? [...modules.values()].filter(({ path }) => matchesPattern(key, path)) : [];
}

/** Outputs that a plan can name: without subexpressions that other modules share. */
export function resultsOf({ outputs }: InspectedModule): readonly InspectedValue[] {
  return outputs.filter(({ isShared }) => !isShared);
}

/** The axis to split: the first with a length of the sequence, else the first that is a length, else the second. */
export function axisOf(value: Pick<InspectedValue, "shape">, { lengths }: Outline): number {
  return axisToSplit(value, lengths);
}
