/**
 * @file Feeds with other lengths: moved between segments, unequal where they should agree, shortened to almost nothing.
 */
import type { CanonicalGraph, Length } from "../../../compiler/ir/types.ts";
import type { OrtTensors } from "../../../ort/types.ts";
import type { Label } from "../plans/oracle.ts";
import type { FeedMutant, SplitFeed } from "./mutant.ts";
import { resize } from "./resize.ts";

/** Mutants of feeds that are fit for `graph`; `ranks` is the size of the mesh, `splits` are the inputs that the plan splits. */
export function lengthMutants(
  { lengths }: CanonicalGraph,
  feeds: OrtTensors,
  ranks: number,
  splits: readonly SplitFeed[],
): readonly FeedMutant[] {
  const now = (length: Length): number => feeds[length.sources[0]!.input]!.dims[length.sources[0]!.axis]!;
  const all = lengths.filter(({ sources }) => sources.length > 0);
  const set = (length: Length, size: number, from: OrtTensors = feeds): OrtTensors =>
    length.sources.reduce((changed, { input, axis }) => resize(changed, input, axis, size), from);
  return [
    ...all.flatMap((length) =>
      [1, ranks - 1, ranks, ranks + 1, now(length) + 1]
        .filter((size, i, sizes) => size > 0 && sizes.indexOf(size) === i)
        .map((size): FeedMutant => ({
          name: `${length.name} of ${size}`,
          // A rank without a token of what the plan splits.
          label: size < ranks && length.sources.some((source) => isSplit(source, splits)) ? "must-refuse" : "either",
          feeds: set(length, size),
        })),
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

function isSplit({ input, axis }: Length["sources"][number], splits: readonly SplitFeed[]): boolean {
  return splits.some((split) => split.input === input && split.axis === axis);
}
