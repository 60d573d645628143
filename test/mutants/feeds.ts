/**
 * @file Mutants of feeds: lengths moved between segments, made unequal, or cut to almost nothing. A feed is made longer or shorter by
 * repeating or cutting its rows. Knows nothing of plans.
 */
import type { CanonicalGraph, Length } from "../../compiler/canonical/types.ts";
import { newData } from "../../ort/tensors.ts";
import type { OrtTensor, OrtTensors } from "../../ort/types.ts";
import type { Label } from "./oracle.ts";

export interface FeedMutant {
  readonly name: string;
  readonly label: Label;
  readonly feeds: OrtTensors;
}

/** Mutants of feeds that are fit for `graph`; `ranks` is the size of the mesh. */
export function feedMutantsOf({ lengths }: CanonicalGraph, feeds: OrtTensors, ranks: number): readonly FeedMutant[] {
  const now = (length: Length): number => feeds[length.sources[0]!.input]!.dims[length.sources[0]!.axis]!;
  const all = lengths.filter(({ sources }) => sources.length > 0);
  const set = (length: Length, size: number, from: OrtTensors = feeds): OrtTensors =>
    length.sources.reduce((changed, { input, axis }) => resize(changed, input, axis, size), from);
  return [
    { name: "as they are", label: "must-run", feeds },
    ...all.flatMap((length) =>
      [1, ranks - 1, ranks, ranks + 1]
        .filter((size, i, sizes) => size > 0 && sizes.indexOf(size) === i)
        .map((size): FeedMutant => ({ name: `${length.name} of ${size}`, label: "either", feeds: set(length, size) })),
    ),
    ...all.flatMap((one, i) =>
      all
        .slice(i + 1)
        .filter((other) => now(one) !== now(other))
        .map((other): FeedMutant => ({
          name: `${one.name} and ${other.name} swapped`,
          label: "either",
          feeds: set(other, now(one), set(one, now(other))),
        })),
    ),
    ...all.flatMap(({ name, sources }) =>
      // One of several inputs that carry a length: two fewer, so that equal chunks stay equal in number.
      sources
        .slice(1)
        .filter(({ input, axis }) => feeds[input]!.dims[axis]! > 2)
        .map(({ input, axis }): FeedMutant => ({
          name: `${name} two shorter in ${input}`,
          label: "must-refuse",
          feeds: resize(feeds, input, axis, feeds[input]!.dims[axis]! - 2),
        })),
    ),
    ...unequalParts(all, feeds),
  ];
}

/** The total of two lengths stays, but one input of each says otherwise: tokens 40 / 96 with ids 42 / 94. */
function unequalParts(lengths: readonly Length[], feeds: OrtTensors): readonly FeedMutant[] {
  return lengths.flatMap((one, i) =>
    lengths.slice(i + 1).flatMap((other): readonly FeedMutant[] => {
      const [a, b] = [one.sources.at(-1)!, other.sources.at(-1)!];
      const [sizeA, sizeB] = [feeds[a.input]!.dims[a.axis]!, feeds[b.input]!.dims[b.axis]!];
      if (sizeA < 4 || sizeB < 4) return [];
      const moved = resize(resize(feeds, a.input, a.axis, sizeA + 2), b.input, b.axis, sizeB - 2);
      // Where only one input carries each length, nothing disagrees.
      const label: Label = one.sources.length > 1 || other.sources.length > 1 ? "must-refuse" : "either";
      return [{ name: `two of ${other.name} to ${one.name} in ${b.input} and ${a.input}`, label, feeds: moved }];
    }),
  );
}

function resize(feeds: OrtTensors, input: string, axis: number, size: number): OrtTensors {
  return { ...feeds, [input]: rows(feeds[input]!, axis, size) };
}

function rows({ elem, dims, data }: OrtTensor, axis: number, size: number): OrtTensor {
  const before = dims.slice(0, axis).reduce((a, b) => a * b, 1);
  const after = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const made = newData(elem, before * size * after);
  for (let b = 0; b < before; b++) {
    for (let row = 0; row < size; row++) {
      const from = (b * dims[axis]! + (row % dims[axis]!)) * after;
      for (let i = 0; i < after; i++) made[(b * size + row) * after + i] = data[from + i]!;
    }
  }
  return { elem, dims: dims.with(axis, size), data: made };
}
