/**
 * @file Names integers by their content, so that equal ones are one input of a piece and are computed once. Knows nothing of pieces.
 */
import type { IntegerValue } from "../../ir/types.ts";
import { show } from "../../expr/expr.ts";
import { valuesReadBy } from "../../graph/reads.ts";
import { renameReads } from "../flow.ts";
import type { Flow } from "../flow.ts";

/** Renames the integers that a rank computes. Those that a subgraph reads keep their names. */
export function uniteIntegers(flow: Flow): Flow {
  const captured = new Set(
    flow.steps.flatMap((step) =>
      step.kind === "local" ? valuesReadBy({ inputs: [], attributes: step.node.attributes }) : [],
    ),
  );
  const renamed = new Map(
    [...flow.integers].flatMap(([name, value]) => {
      const isNumber = value.elements.every((element) => typeof element === "number");
      return isNumber || captured.has(name) ? [] : [[name, contentName(value)] as const];
    }),
  );
  const nameOf = (name: string): string => renamed.get(name) ?? name;
  return {
    ...flow,
    steps: flow.steps.map((step) => renameReads(step, nameOf)),
    integers: new Map([...flow.integers].map(([name, value]) => [nameOf(name), value])),
  };
}

/** Readable and unique by content: `int64[chunk(img, 2, rank), 64]`, a scalar `int64(img)`. */
function contentName({ elem, dims, elements }: IntegerValue): string {
  const content = elements.map(show).join(", ");
  return dims.length === 0 ? `${elem}(${content})` : `${elem}[${content}]`;
}
