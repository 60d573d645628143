/**
 * @file Several masks of one attention, with scales between them, as one mask. Knows the steps, not the axes of the scores.
 */
import type { Expr } from "../../../expr/expr.ts";
import { tensorFromNumbers } from "../../../graph/tensors.ts";
import type { ElemType } from "../../../graph/types.ts";
import { FILL_AT } from "../../../ir/types.ts";
import { broadcastShape } from "../../../operators/rules/elementwise.ts";
import type { Draft } from "../draft.ts";
import { dimsOf, type Lookup } from "../lookup.ts";
import { sameExtents } from "../views/views.ts";
import { addMask } from "./mask.ts";
import { refuse, type Refusal } from "./refusal.ts";
import { NEVER, type Mask } from "./trace.ts";

/** A mask with its extents (B or 1, H or 1, Sq or 1, Sk or 1), or a factor of the scores and of all masks before it. */
export type MaskStep =
  | { readonly mask: Mask; readonly extents: readonly Expr[] }
  | { readonly mask: null; readonly factor: number };

/** One mask as `cp.Attention` takes it. */
export interface Combined {
  readonly add: (d: Draft) => string;
  readonly fill: number;
  readonly fillAt: number;
}

/**
 * Masks that are added become their sum, masks that hide are met by all. Where both are there, the sum has the fill where a key is hidden,
 * which marks it. `steps` begin with a mask.
 */
export function combined(lookup: Lookup, steps: readonly MaskStep[], elem: ElemType): Combined | Refusal {
  let fill: number | null = null;
  for (const { mask, ...step } of steps) {
    if (mask === null) fill = fill === null ? null : scaledFill(fill, "factor" in step ? step.factor : 1, elem);
    else if (mask.kind === "boolean" && fill !== null && fill !== mask.fill)
      return refuse(`its masks hide keys with the scores ${fill} and ${mask.fill}`);
    else if (mask.kind === "boolean") fill = mask.fill;
    if (fill !== null && !(fill <= NEVER)) return refuse("the scale after the mask makes hidden keys visible");
  }
  const adds = steps.some(({ mask }) => mask?.kind === "additive");
  return {
    add: (d) => addSum(lookup, d, steps, elem),
    fill: fill ?? -Infinity,
    fillAt: adds && fill !== null ? FILL_AT.marked : FILL_AT.score,
  };
}

/** As the model rounds it. */
function scaledFill(fill: number, factor: number, elem: ElemType): number {
  return elem === "float32" ? Math.fround(fill * factor) : fill * factor;
}

/** A value with its extents, counted from the right where they are fewer than four. */
interface Made {
  readonly value: string;
  readonly dims: readonly Expr[];
}

function addSum(lookup: Lookup, d: Draft, steps: readonly MaskStep[], elem: ElemType): string {
  const scalar = (x: number): Made => ({ value: d.constant(tensorFromNumbers(elem, [], [x])), dims: [] });
  const node = (op: string, type: ElemType, ...inputs: readonly Made[]): Made => {
    const dims = broadcastShape(inputs.map((x) => x.dims));
    return { value: d.add({ op, inputs: inputs.map((x) => x.value), shape: { elem: type, dims } }), dims };
  };
  let [fill, sum, seen]: [number, Made | null, Made | null] = [-Infinity, null, null];
  for (const step of steps) {
    if (step.mask === null) {
      fill = scaledFill(fill, step.factor, elem);
      sum &&= node("Mul", elem, sum, scalar(step.factor));
      continue;
    }
    const { mask, extents } = step;
    const own: Made = {
      value: addMask(lookup, d, mask, extents, elem),
      dims: shortest(dimsOf(lookup, mask.value), extents),
    };
    if (mask.kind === "boolean") {
      fill = mask.fill;
      if (sum === null) seen = seen === null ? own : node("And", "bool", seen, own);
      else sum = node("Where", elem, own, sum, scalar(fill));
      continue;
    }
    const added = mask.negated ? node("Neg", elem, own) : own;
    sum ??= seen && node("Where", elem, seen, scalar(0), scalar(fill));
    sum = sum === null ? added : node("Add", elem, sum, added);
  }
  return (sum ?? seen)!.value;
}

/** A mask whose missing axes have extent 1 keeps its own. */
function shortest(own: readonly Expr[], extents: readonly Expr[]): readonly Expr[] {
  const tail = extents.slice(extents.length - own.length);
  const lead = extents.slice(0, extents.length - own.length);
  return sameExtents(own, tail) && lead.every((dim) => dim === 1) ? own : extents;
}
