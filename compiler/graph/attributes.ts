/**
 * @file Makes attributes and reads them with their defaults. Knows no operator.
 */
import type { Attribute, Attributes } from "./types.ts";

export const int = (value: number): Attribute => ({ kind: "int", value });
export const ints = (value: readonly number[]): Attribute => ({ kind: "ints", value });
export const float = (value: number): Attribute => ({ kind: "float", value });

/** The value of an int or float attribute, or `otherwise` where it is absent. */
export function numberAttribute(attributes: Attributes, name: string, otherwise: number): number {
  const attribute = attributes[name];
  return attribute?.kind === "int" || attribute?.kind === "float" ? attribute.value : otherwise;
}
