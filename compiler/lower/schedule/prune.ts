/**
 * @file Keeps the steps that the outputs need, and makes values of constants that are sent, hooked or returned. Knows nothing of pieces.
 */
import type { CanonicalNode } from "../../ir/types.ts";
import { isOperand, readsOf, writesOf } from "../flow.ts";
import type { Flow, FlowStep } from "../flow.ts";

/** Drops steps, and transfers of collectives, that no output depends on. */
export function prune(flow: Flow): Flow {
  const needed = new Set(flow.outputs);
  const kept: FlowStep[] = [];
  for (const step of flow.steps.toReversed()) {
    const rest = neededOf(step, needed);
    if (rest === null) continue;
    kept.push(rest);
    for (const name of readsOf(rest)) needed.add(name);
  }
  return { ...flow, steps: kept.reverse() };
}

function neededOf(step: FlowStep, needed: ReadonlySet<string>): FlowStep | null {
  if (step.kind !== "collective") return writesOf(step).some((name) => needed.has(name)) ? step : null;
  const transfers = step.transfers.filter(({ receive }) => receive.some((name) => needed.has(name)));
  return transfers.length === 0 ? null : { ...step, transfers };
}

/** A constant is not a value of a program: where one is needed as a value, a piece copies it. */
export function materialise(flow: Flow): Flow {
  const wanted = [...flow.outputs, ...flow.steps.filter((step) => step.kind !== "local").flatMap(readsOf)];
  const names = [...new Set(wanted)].filter((name) => isOperand(flow, name));
  if (names.length === 0) return flow;
  return {
    ...flow,
    steps: [...names.map(copyOf), ...flow.steps],
    constants: underOwnNames(flow.constants, names),
    integers: underOwnNames(flow.integers, names),
  };
}

function copyOf(name: string): FlowStep {
  const node: CanonicalNode = {
    name: `copy ${name}`,
    op: "Identity",
    domain: "",
    inputs: [constantName(name)],
    outputs: [name],
    attributes: {},
    scope: "",
  };
  return { kind: "local", node, origin: { module: "", node: null, spec: null } };
}

function constantName(name: string): string {
  return `${name}@constant`;
}

function underOwnNames<T>(operands: ReadonlyMap<string, T>, names: readonly string[]): ReadonlyMap<string, T> {
  return new Map([...operands].map(([name, value]) => [names.includes(name) ? constantName(name) : name, value]));
}
