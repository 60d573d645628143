/**
 * @file One act of damage to a decoded model, given by its kind and four choices that every kind interprets separately. Knows no pipeline.
 */
import type { ModelProto } from "onnx-buf";
import * as fc from "fast-check";
import { extent, integer, word } from "../words.ts";
import type { Acts, Choice } from "./acts.ts";
import { attributeDamage } from "./attributes.ts";
import { headDamage } from "./head.ts";
import { nodeDamage } from "./nodes.ts";
import { tensorDamage } from "./tensors.ts";
import { typeDamage } from "./types.ts";

const acts: Acts = { ...attributeDamage, ...headDamage, ...nodeDamage, ...tensorDamage, ...typeDamage };

export interface Damage extends Choice {
  readonly kind: string;
}

export const damage: fc.Arbitrary<Damage> = fc.record({
  kind: fc.constantFrom(...Object.keys(acts)),
  at: fc.nat(),
  by: fc.nat(),
  word,
  extent,
  integer,
});

/** Changes `model` in place. */
export function apply(model: ModelProto, { kind, ...choice }: Damage): void {
  if (model.graph !== undefined) acts[kind]!(model.graph, choice, model);
}
