/**
 * @file Names inside a piece. Those of attention sites are neutral, numbered by first use, so equal sites give equal bytes; the others keep
 * the names of the model, to make a piece or its profile readable.
 */
import { valuesReadBy } from "../../graph/reads.ts";
import type { CanonicalNode } from "../../ir/types.ts";
import { renameValues } from "../flow.ts";
import type { PieceBody } from "../schedule/arrange.ts";

export interface NamedBody {
  readonly nodes: readonly CanonicalNode[];
  /** The name inside the piece of every value and operand. */
  readonly nameOf: (name: string) => string;
}

export function namedBody(body: PieceBody, isOperand: (name: string) => boolean): NamedBody {
  const nodes = body.steps.map(({ node }) => node);
  if (body.site === null) return { nodes, nameOf: (name) => name };
  const names = neutralNames(body, isOperand);
  const nameOf = (name: string): string => names.get(name) ?? name;
  const neutral = body.steps.map((step, i): CanonicalNode => {
    const renamed = renameValues(step, nameOf);
    return { ...(renamed.kind === "local" ? renamed.node : step.node), name: `n${i}`, scope: "" };
  });
  return { nodes: neutral, nameOf };
}

/** `x0` inputs, `c0` operands, `y0` outputs, `v0` the rest. */
function neutralNames(
  { steps, reads, writes }: PieceBody,
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
