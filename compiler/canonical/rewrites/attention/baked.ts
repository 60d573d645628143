/**
 * @file Why an extent is unknown that could be known: the export wrote a length as a number. Knows no attention.
 */
import { isOpen, show } from "../../../expr/expr.ts";
import { linkAbove } from "../views/links.ts";
import { dimsOf, integersOf, isOp, type Lookup } from "../lookup.ts";
import { refuse, type Refusal } from "./refusal.ts";

/** The Reshape behind a value that turns extents with lengths into numbers that hold for one length only; `null` where there is none. */
export function bakedLength(lookup: Lookup, value: string): Refusal | null {
  const link = linkAbove(lookup, value);
  if (link === null || !dimsOf(lookup, value).some(isOpen)) return null;
  const from = dimsOf(lookup, link.source);
  if (from.some(isOpen)) return bakedLength(lookup, link.source);
  const target = isOp(link.node, "Reshape") ? integersOf(lookup, link.node.inputs[1]!) : null;
  if (target === null) return null;
  const [before, after] = [from, target].map((dims) => `(${dims.map(show).join(", ")})`);
  return refuse(
    `the Reshape ${link.node.name} maps ${before} to ${after}, which fits only one length: the export fixed a dynamic length to a number`,
  );
}
