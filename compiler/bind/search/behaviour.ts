/**
 * @file What a module does with a value, and what a parameter's name says that it does: a stream, a table of positions, or a condition.
 * Offers no candidate that behaves as something else. Knows no plan.
 */
import { asCp } from "../../ir/cp.ts";
import type { CanonicalGraph } from "../../ir/types.ts";
import { isContextName, isStateName, mayNameStream, namesCondition, namesTable } from "../parameter-names.ts";
import type { Boundary } from "../boundaries/boundaries.ts";
import { isContent, isResidual } from "./candidates.ts";

/** `stream`: rows of tokens; `table`: numbers of positions; `condition`: one vector for all rows; `other`: none of these. */
export type Behaviour = "stream" | "table" | "condition" | "other";

/** How the module uses the value. */
export function behaviourOf(boundary: Boundary, { inputs }: Pick<CanonicalGraph, "inputs">): Behaviour {
  const { shape, ancestors, readers } = boundary;
  if (readers.some(({ node }) => asCp(node, "Attention") !== null)) return "other";
  const hasRows = shape.dims.slice(1, -1).some((extent) => extent !== 1);
  const isWorkedOn = isResidual(boundary) || isContent(boundary);
  if (isWorkedOn && (hasRows || (shape.dims.length === 2 && isResidual(boundary)))) return "stream";
  if ([...ancestors].every((name) => isOfPositions(name, inputs))) return "table";
  // Times, labels and pooled texts have no rows of tokens, and what is made of them alone says nothing of single rows.
  const ofVectors = inputs.every(({ name, shape: own }) => !ancestors.has(name) || own.dims.length < 3);
  return ofVectors && !hasRows ? "condition" : "other";
}

/** Position ids, which are numbers in diffusers and not tokens of a vocabulary, or an input that says that it has positions. */
function isOfPositions(name: string, inputs: CanonicalGraph["inputs"]): boolean {
  const elem = inputs.find((input) => input.name === name)?.shape.elem;
  return namesTable(name) || (name.split("_").includes("ids") && elem?.startsWith("float") === true);
}

/** What a tensor of this name does by the field's conventions; `null` where the name does not say. */
export function expectedOf(parameter: string): Behaviour | null {
  if (namesTable(parameter)) return "table";
  if (namesCondition(parameter)) return "condition";
  return isStateName(parameter) || mayNameStream(parameter) || isContextName(parameter) ? "stream" : null;
}

/** Whether a value that behaves so may be what the name says: not where it clearly is something else. */
export function mayBe(behaviour: Behaviour, expected: Behaviour | null): boolean {
  if (expected === null) return true;
  return behaviour === expected || (expected !== "stream" && behaviour === "other");
}

/** In a sentence: `a stream`. */
export const sayBehaviour: Readonly<Record<Behaviour, string>> = {
  stream: "a stream of rows that the module works on",
  table: "a table of positions",
  condition: "a condition without rows of its own",
  other: "not worked on as a stream",
};
