/**
 * @file Feeds that the model does not accept: one missing, of another type, with another number of axes.
 */
import { newData } from "../../../ort/tensors.ts";
import type { OrtElem, OrtTensors } from "../../../ort/types.ts";
import type { FeedMutant } from "./mutant.ts";

export function formMutants(feeds: OrtTensors): readonly FeedMutant[] {
  return Object.entries(feeds).flatMap(([name, { elem, dims, data }]): readonly FeedMutant[] => {
    const { [name]: _, ...others } = feeds;
    const other: OrtElem = elem === "int32" ? "float32" : "int32";
    return [
      { name: `without ${name}`, label: "must-refuse", feeds: others },
      {
        name: `${name} as ${other}`,
        label: "must-refuse",
        feeds: { ...feeds, [name]: { elem: other, dims, data: newData(other, data.length) } },
      },
      {
        name: `${name} with one more axis`,
        label: "must-refuse",
        feeds: { ...feeds, [name]: { elem, dims: [1, ...dims], data } },
      },
    ];
  });
}
