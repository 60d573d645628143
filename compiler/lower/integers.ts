/**
 * @file Names the integer inputs of pieces by their content, so that equal ones are computed once. Knows nothing of pieces.
 */
import type { IntegerValue } from "../canonical/types.ts";
import { show } from "../expr/expr.ts";
import type { ProgramIntegers } from "../program.ts";

/** Readable and unique by content: `int64[chunk(img, 2, rank), 64]`, a scalar `int64(img)`. */
export function derivedName({ elem, dims, elements }: IntegerValue): string {
  const content = elements.map(show).join(", ");
  return dims.length === 0 ? `${elem}(${content})` : `${elem}[${content}]`;
}

export function derivedOf({ elem, dims, elements }: IntegerValue): ProgramIntegers {
  return { elem, dims, elements };
}
