/**
 * @file The modules of a model as its own schema needs them: names, shapes, and the axis to split. Knows no schema.
 */
import type { CanonicalGraph } from "../ir/types.ts";
import { axisToSplit, sequenceLengths, short } from "./axes.ts";
import { inspectGraph, type InspectedValue } from "./inspect.ts";

export interface SchemaValue {
  /** Parameter name, or index of an output. */
  readonly name: string;
  readonly elem: string;
  /** Extents as text: numbers, lengths, sums of lengths; long ones are cut. */
  readonly shape: readonly string[];
  /** The axis to split. */
  readonly axis: number;
}

/** One module as a schema needs it. */
export interface SchemaModule {
  readonly name: string;
  readonly className: string | null;
  /** Parameters of known name; of a list-valued one, the first element. */
  readonly inputs: readonly SchemaValue[];
  readonly outputs: readonly SchemaValue[];
}

export interface SchemaOutline {
  readonly modules: readonly SchemaModule[];
  /** Modules that have attention sites. */
  readonly sites: readonly string[];
}

export function outlineForSchema(graph: CanonicalGraph): SchemaOutline {
  const { modules, attention } = inspectGraph(graph);
  const lengths = sequenceLengths(attention);
  const valueOf = (name: string, value: InspectedValue): SchemaValue => ({
    name,
    elem: value.elem,
    shape: value.shape.map(short),
    axis: axisToSplit(value, lengths),
  });
  return {
    modules: modules.map(({ path, className, inputs, outputs }) => ({
      name: path,
      className,
      inputs: firstOfEach(
        inputs.flatMap((input) => (input.name === null ? [] : [valueOf(input.name.replace(/\[\d+\]$/, ""), input)])),
      ),
      outputs: outputs.filter(({ isShared }) => !isShared).map((output, i) => valueOf(String(i), output)),
    })),
    sites: attention.map(({ module }) => module),
  };
}

function firstOfEach(values: readonly SchemaValue[]): readonly SchemaValue[] {
  return values.filter(({ name }, i) => values.findIndex((each) => each.name === name) === i);
}
