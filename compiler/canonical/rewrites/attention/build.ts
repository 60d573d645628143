/**
 * @file Writes a `cp.Attention` node, with the nodes that bring its operands to (B, S, H, D) and its result to the original form. Knows no
 * pattern.
 */
import type { Expr } from "../../../expr/expr.ts";
import { float, int } from "../../../graph/attributes.ts";
import { CP, FILL_AT, ZERO_HIDDEN } from "../../../ir/types.ts";
import { addSteps, type Step } from "../views/arrange.ts";
import type { Operand } from "./operands.ts";
import type { Draft } from "../draft.ts";
import { dimsOf, elemOf, type Lookup } from "../lookup.ts";

export interface AttentionForm {
  readonly q: Operand;
  readonly k: Operand;
  readonly v: Operand;
  /** Adds what makes the mask, as `cp.Attention` takes it, and returns its value. */
  readonly addMask: ((d: Draft) => string) | null;
  /** Without the scales of the operands. */
  readonly scale: number;
  /** Scores x become softcap * tanh(x / softcap) before the mask; 0 for no cap. */
  readonly softcap: number;
  readonly nanToZero: boolean;
  readonly causal: boolean;
  /** The fill of hidden keys, and where it is applied; whether rows that see no key are 0. See `cp.Attention`. */
  readonly fill: number;
  readonly fillAt: number;
  readonly zeroHidden: number;
  /** From (B, Sq, H, Dv) to the form of the result that is replaced. */
  readonly outSteps: readonly Step[];
}

/** Adds the nodes; the last one makes `output`. */
export function addAttention(lookup: Lookup, d: Draft, form: AttentionForm, output: string): void {
  const { q, k, v, addMask, outSteps } = form;
  const elem = elemOf(lookup, q.base);
  const operands = [q, k, v].map(({ base, steps }) => addSteps(d, base, elem, steps));
  if (addMask !== null) operands.push(addMask(d));
  const attributes = {
    ...(form.fill === -Infinity ? {} : { fill: float(form.fill) }),
    ...(form.fillAt === FILL_AT.score ? {} : { fill_at: int(form.fillAt) }),
    ...(form.zeroHidden === ZERO_HIDDEN.never ? {} : { zero_hidden: int(form.zeroHidden) }),
    ...(form.softcap === 0 ? {} : { softcap: float(form.softcap) }),
    scale: float(form.scale * q.scale * k.scale),
    nan_to_zero: int(form.nanToZero ? 1 : 0),
    causal: int(form.causal ? 1 : 0),
  };
  const dims = [...extentsAfter(lookup, q).slice(0, 3), extentsAfter(lookup, v)[3]!];
  const node = { op: "Attention", domain: CP, inputs: operands, attributes, shape: { elem, dims } };
  addSteps(d, d.add(node, outSteps.length === 0 ? output : undefined), elem, outSteps, output);
}

function extentsAfter(lookup: Lookup, { base, steps }: Operand): readonly Expr[] {
  return steps.at(-1)?.dims ?? dimsOf(lookup, base);
}
