/**
 * @file Names inside a piece. The parts of attention sites get neutral ones in order of first use, so that equal parts are equal
 * bytes; other parts keep the names of the model, for whoever looks at a piece or its profile.
 */
import { valuesReadBy } from "../../graph/reads.ts";
import type { CanonicalNode } from "../../ir/types.ts";
import { renameValues } from "../flow.ts";
import type { Part } from "../schedule/arrange.ts";

export interface NamedPart {
  readonly nodes: readonly CanonicalNode[];
  /** The name inside the piece of every value and operand. */
  readonly nameOf: (name: string) => string;
}

export function namedPart(part: Part, isOperand: (name: string) => boolean): NamedPart {
  const nodes = part.steps.map(({ node }) => node);
  if (part.site === null) return { nodes, nameOf: (name) => name };
  const names = neutralNames(part, isOperand);
  const nameOf = (name: string): string => names.get(name) ?? name;
  const neutral = part.steps.map((step, i): CanonicalNode => {
    const renamed = renameValues(step, nameOf);
    return { ...(renamed.kind === "local" ? renamed.node : step.node), name: `n${i}`, scope: "" };
  });
  return { nodes: neutral, nameOf };
}

/** `x0` inputs, `c0` operands, `y0` outputs, `v0` the rest. */
function neutralNames(
  { steps, reads, writes }: Part,
  isOperand: (name: string) => boolean,
): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const counts = new Map<string, number>();
  const add = (name: string, letter: string): void => {
    if (name === "" || names.has(name)) return;
    const count = counts.get(letter) ?? 0;
    counts.set(letter, count + 1);
    names.set(name, `${letter}${count}`);
  };
  for (const { node } of steps) {
    for (const name of valuesReadBy(node)) add(name, isOperand(name) ? "c" : reads.includes(name) ? "x" : "v");
    for (const name of node.outputs) add(name, writes.includes(name) ? "y" : "v");
  }
  return names;
}
