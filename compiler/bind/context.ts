/**
 * @file Input and result types of the search for values. Plain data shared by the rules of this folder.
 */
import { groupBy } from "../group.ts";
import type { CanonicalGraph, Marker } from "../ir/types.ts";
import type { Diagnostic } from "../diagnostics/types.ts";
import type { PlanSpec } from "../plan/types.ts";
import { boundariesOf, ownResults, type Boundaries } from "./boundaries/boundaries.ts";
import { familyOf } from "../ir/module-paths.ts";
import type { Binding } from "./types.ts";

/** One spec of the plan at one module that its pattern matched. */
export interface Want {
  readonly spec: PlanSpec;
  readonly module: string;
  /** Position of the entry in the plan. */
  readonly order: number;
}

/** A parameter or output of one module, with all specs that name it; overlapping entries name the same place. */
export interface Place {
  readonly module: string;
  readonly side: "input" | "output";
  readonly parameter: string | null;
  /** The index of an output, the position of a list member, else `null`. */
  readonly index: number | null;
  readonly wants: readonly Want[];
  /** The first spec that names it: rank and axis hints come from it. */
  readonly spec: PlanSpec;
}

export interface Found {
  readonly value: string | null;
  readonly evidence: Binding["evidence"];
}

/** The verdict of a rule about a place; `null` means none. */
export type Verdict = Found | { readonly error: Diagnostic } | null;

export const ABSENT: Found = { value: null, evidence: "absent" };

export interface Context {
  readonly graph: CanonicalGraph;
  readonly boundaries: Boundaries;
  readonly modules: readonly string[];
  /** Other modules whose paths differ in list positions only. */
  siblings(module: string): readonly string[];
  markers(module: string, side: Marker["side"]): readonly Marker[];
}

export function contextOf(graph: CanonicalGraph): Context {
  const modules = [...graph.modules.keys()];
  const families = groupBy(modules, familyOf);
  const markers = groupBy(graph.markers, ({ module, side }) => `${side}:${module}`);
  return {
    graph,
    boundaries: boundariesOf(graph),
    modules,
    siblings: (module) => (families.get(familyOf(module)) ?? []).filter((other) => other !== module),
    markers: (module, side) => markers.get(`${side}:${module}`) ?? [],
  };
}

export function placesOf(wants: readonly Want[]): readonly Place[] {
  return [...groupBy(wants, placeKey).values()].map((group) => {
    const [{ spec, module }] = group as [Want, ...Want[]];
    return { module, side: spec.side, parameter: spec.parameter, index: indexOf(spec), wants: group, spec };
  });
}

/** `hidden_states of blocks.0`, `cos[1] of blocks.0`, `output 0 of rope`. */
export function nameOf({ module, side, parameter, index }: Omit<Place, "wants" | "spec">): string {
  const owner = module === "" ? "the model" : module;
  if (side === "output") return `output ${index ?? 0} of ${owner}`;
  return `${parameter}${index === null ? "" : `[${index}]`} of ${owner}`;
}

/** How many outputs the module or a sibling of it has: an export drops an output that nobody reads. */
export function outputsSeen(module: string, { boundaries, siblings }: Context): number {
  return Math.max(...[module, ...siblings(module)].map((path) => ownResults(boundaries.of(path).outputs).length));
}

function placeKey({ spec, module }: Want): string {
  return JSON.stringify([module, spec.side, spec.parameter, indexOf(spec)]);
}

function indexOf(spec: PlanSpec): number | null {
  return spec.side === "output" ? (spec.index ?? 0) : spec.index;
}
