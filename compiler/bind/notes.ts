/**
 * @file Merges results per module into one note per spec: a pattern over 60 blocks should not repeat it 60 times.
 */
import { bindNotes } from "../diagnostics/catalog/bind.ts";
import { diagnose } from "../diagnostics/diagnose.ts";
import type { Diagnostic, Related } from "../diagnostics/types.ts";
import type { CanonicalGraph } from "../ir/types.ts";
import type { PlanSpec } from "../plan/types.ts";
import { groupBy } from "../group.ts";
import { whereOf } from "./search/known.ts";
import type { Binding } from "./types.ts";
import type { Written } from "./write/write.ts";

export function absentNotes(bindings: readonly Binding[], graph: CanonicalGraph): readonly Diagnostic[] {
  const inputs = graph.inputs.map(({ name }) => name);
  return perSpec(bindings.filter(({ evidence }) => evidence === "absent")).map(([spec, group]) => {
    const where = spec.origin.pointer;
    const isRoot = group.every(({ module }) => module === "") && spec.side === "input";
    if (isRoot) return diagnose(bindNotes.absentInput, { where, inputs }, whereOf({ spec }));
    const modules = modulesOf(group);
    const others = modulesOf(bindings.filter((binding) => binding.spec === spec)).filter((m) => !modules.includes(m));
    return diagnose(bindNotes.absent, { where, modules, others }, whereOf({ spec }));
  });
}

export function skippedNotes(bindings: readonly Binding[], graph: CanonicalGraph): readonly Diagnostic[] {
  return perSpec(bindings.filter(({ evidence }) => evidence === "skipped")).map(([spec, group]) => {
    const rank = graph.shapes.get(group[0]?.value ?? "")?.dims.length ?? 0;
    const { dim, expectedDims, origin } = spec;
    const params = { where: origin.pointer, dim, expected: expectedDims ?? rank, rank, modules: modulesOf(group) };
    return diagnose(bindNotes.skipped, params, whereOf({ spec }));
  });
}

export function satisfiedNotes({ satisfied }: Written): readonly Diagnostic[] {
  const pairs = satisfied.map(({ step, by }) => ({ ...step.binding, by: by.binding.spec.origin }));
  return [...groupBy(pairs, ({ spec, by }) => `${spec.origin.pointer}:${by.pointer}`).values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { spec, by } = first;
    const params = { where: spec.origin.pointer, earlier: by.pointer, modules: modulesOf(group) };
    return [diagnose(bindNotes.satisfied, params, whereOf({ spec }))];
  });
}

/** An error about one spec at one of the modules that it matches. */
export interface Fault {
  readonly spec: PlanSpec;
  readonly module: string;
  readonly error: Diagnostic;
}

/** The first error of each kind per spec, with the other affected modules as related locations. */
export function oncePerSpec(faults: readonly Fault[]): readonly Diagnostic[] {
  return [...groupBy(faults, ({ spec }) => spec).values()]
    .flatMap((ofSpec) => [...groupBy(ofSpec, ({ error }) => error.code).values()])
    .flatMap(([first, ...others]) => {
      if (first === undefined) return [];
      const more: Related[] = others.slice(0, 3).map(({ module }) => ({ message: `the same in ${module}`, module }));
      if (others.length > 3) more.push({ message: `and in ${others.length - 3} more modules` });
      return [{ ...first.error, related: [...first.error.related, ...more] }];
    });
}

function perSpec(bindings: readonly Binding[]): readonly (readonly [PlanSpec, readonly Binding[]])[] {
  return [...groupBy(bindings, ({ spec }) => spec)];
}

function modulesOf(bindings: readonly { readonly module: string }[]): readonly string[] {
  return [...new Set(bindings.map(({ module }) => module))];
}
