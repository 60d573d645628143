/**
 * @file Writes bindings into the graph, in the order in which the reference's hooks would run: outputs when they are made, inner modules
 * first; inputs when a module starts, outer modules first and, of several entries for one module, the last one first.
 */
import type { CanonicalGraph } from "../../ir/types.ts";
import { bindValues } from "../../diagnostics/catalog/bind.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import type { Diagnostic, Related } from "../../diagnostics/types.ts";
import { nameOf } from "../context.ts";
import { whereOf } from "../search/known.ts";
import { draftOf, finish, insert, type Draft } from "./rewire.ts";
import { depthOf, isWithin } from "../../ir/module-paths.ts";
import type { Binding } from "../types.ts";

export interface Step {
  readonly binding: Binding;
  /** Position in the list of bindings. */
  readonly index: number;
  /** Position of the plan entry. */
  readonly order: number;
}

export interface Written {
  readonly graph: CanonicalGraph;
  /** Steps without effect, since another did the same to the same value. */
  readonly satisfied: readonly { readonly step: Step; readonly by: Step }[];
  readonly diagnostics: readonly Diagnostic[];
}

/** A value that some readers read in place of another. */
interface Alias {
  from: string;
  to: string;
  readonly step: Step;
}

/** Skips steps without a value, and those left out for their rank. */
export function write(graph: CanonicalGraph, steps: readonly Step[]): Written {
  const draft = draftOf(graph);
  const aliases = new Map<string, Alias[]>();
  const satisfied: { step: Step; by: Step }[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const step of inHookOrder(steps)) {
    const { value } = step.binding;
    if (value === null) continue;
    const chain = aliases.get(value) ?? [];
    aliases.set(value, chain);
    const seen = chain.findLast((alias) => isSeenBy(step, alias));
    const by = seen?.step;
    if (by === undefined || isNewAction(step, by)) {
      apply(draft, { step, value: seen?.to ?? chain[0]?.from ?? value, chain });
    } else if (by.binding.axis === step.binding.axis) {
      satisfied.push({ step, by });
    } else {
      diagnostics.push(conflict(step, by));
    }
  }
  return { graph: finish(draft), satisfied, diagnostics };
}

function apply(draft: Draft, at: { step: Step; value: string; chain: Alias[] }): void {
  const { binding } = at.step;
  const { spec, module, axis } = binding;
  const isInput = spec.side === "input";
  // Inside the root are all readers; an entry for a value that does not leave it is for them.
  const isInside = module === "" && !draft.graph.outputs.includes(binding.value ?? "");
  const { from, to } = insert(draft, {
    op: spec.action === "split" ? "Shard" : "Gather",
    value: at.value,
    axis,
    binding: at.step.index,
    module,
    moves: (reader) => isInside || isWithin(reader.scope, module) === isInput,
    movesOutput: !isInput,
  });
  // The value that the new node reads may have lost its name to the model's output.
  for (const alias of at.chain) if (alias.to === at.value) alias.to = from;
  at.chain.push({ from, to, step: at.step });
}

/** The module, or for an output its surroundings, reads the alias instead of the value itself. */
function isSeenBy({ binding: { spec, module } }: Step, { step: { binding } }: Alias): boolean {
  if (binding.spec.side === "input") return spec.side === "input" && isWithin(module, binding.module);
  return isWithin(binding.module, module) || !isWithin(module, binding.module);
}

/** A gathered value is whole and can be split anywhere; a split value can be gathered where it is split. */
function isNewAction({ binding }: Step, { binding: earlier }: Step): boolean {
  if (binding.spec.action === earlier.spec.action) return false;
  return binding.spec.action === "split" || binding.axis === earlier.axis;
}

function inHookOrder(steps: readonly Step[]): readonly Step[] {
  const acting = steps.filter(({ binding }) => binding.value !== null && binding.evidence !== "skipped");
  const depth = ({ binding: { module } }: Step): number => depthOf(module);
  const of = (side: "input" | "output"): readonly Step[] => acting.filter(({ binding }) => binding.spec.side === side);
  return [
    ...of("output").toSorted((a, b) => depth(b) - depth(a) || a.order - b.order),
    ...of("input").toSorted((a, b) => depth(a) - depth(b) || b.order - a.order),
  ];
}

function conflict({ binding }: Step, { binding: earlier }: Step): Diagnostic {
  const where = nameOf({ ...binding.spec, module: binding.module });
  const key = binding.spec.action === "split" ? "split_dim" : "gather_dim";
  const params = { where, key, axis: binding.axis, earlier: pointerOf(earlier), earlierAxis: earlier.axis };
  return diagnose(bindValues.conflict, params, { ...whereOf(binding), related: [placeOf(earlier)] });
}

function placeOf({ spec, module }: Binding): Related {
  const { span, pointer } = spec.origin;
  const place = span === null ? {} : { file: span.file, start: span.start, end: span.end };
  return { message: `the other entry is ${pointer || '""'}`, module, ...place };
}

function pointerOf({ spec }: Binding): string {
  return spec.origin.pointer;
}
