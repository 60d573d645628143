/**
 * @file The numbers of each input that a model accepts, as far as its graph says: indices within their tables, nothing that has no logarithm
 * or root. Runs nothing.
 */
import { isFloatElem } from "../../ir/rounding.ts";
import type { CanonicalGraph } from "../../ir/types.ts";
import type { Lengths } from "../positions.ts";
import { hazardsIn } from "./hazards.ts";
import { intervalsOf, numberOf, type Interval } from "./intervals.ts";
import { roleOf } from "./masks.ts";
import type { Recipe } from "./recipes.ts";

/** Whole numbers that are no index, such as timesteps, and indices of larger tables. */
const MANY = 997;

type Recipes = ReadonlyMap<string, Recipe>;

/** One recipe for each input: of those that suit it, the first with which the fewest operators may get what they do not take. */
export function recipesFor(graph: CanonicalGraph, lengths: Lengths): Recipes {
  const tables = tableLengths(graph, lengths);
  const options = new Map(graph.inputs.map(({ name }) => [name, candidates(graph, name, tables)] as const));
  const hazards = (recipes: Recipes): number => hazardsIn(graph, lengths, intervalsOf(graph, lengths, bounds(recipes)));
  let chosen: Recipes = new Map([...options].map(([name, all]) => [name, all[0]!]));
  let fewest = hazards(chosen);
  for (const [name, all] of options) {
    for (const recipe of all.slice(1)) {
      if (fewest === 0) return chosen;
      const changed = new Map(chosen).set(name, recipe);
      const count = hazards(changed);
      if (count < fewest) [chosen, fewest] = [changed, count];
    }
  }
  return chosen;
}

function candidates(graph: CanonicalGraph, input: string, tables: readonly number[]): readonly Recipe[] {
  const role = roleOf(graph, input);
  if (role === "mask") return [{ kind: "mask" }];
  if (isFloatElem(graph.shapes.get(input)?.elem)) {
    return [
      { kind: "noise", low: -1, high: 1 },
      { kind: "noise", low: 0.1, high: 0.9 },
      { kind: "noise", low: 1.1, high: 2 },
    ];
  }
  const ids = (low: number, high: number): Recipe => ({ kind: "ids", low, high });
  return [ids(0, MANY - 1), ...tables.flatMap((n) => [ids(0, n - 1), ids(1, n - 1)]), ids(1, 1), ids(0, 0)];
}

/** Lengths of the tables that some index reads, longest first. */
function tableLengths({ nodes, shapes }: CanonicalGraph, lengths: Lengths): readonly number[] {
  const found = nodes.flatMap((node) => {
    if (!/^(Gather|Scatter)/.test(node.op) || node.domain !== "") return [];
    return (shapes.get(node.inputs[0] ?? "")?.dims ?? []).map((dim) => numberOf(dim, lengths) ?? 0);
  });
  return [...new Set(found)].filter((n) => n > 1 && n < MANY).toSorted((a, b) => b - a);
}

function bounds(recipes: Recipes): ReadonlyMap<string, Interval> {
  return new Map([...recipes].map(([name, recipe]) => [name, boundsOf(recipe)]));
}

function boundsOf(recipe: Recipe): Interval {
  if (recipe.kind === "mask") return { low: 0, high: 1 };
  if (recipe.kind === "given") return { low: Math.min(...recipe.numbers), high: Math.max(...recipe.numbers) };
  return { low: recipe.low, high: recipe.high };
}
