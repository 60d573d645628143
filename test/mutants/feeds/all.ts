/**
 * @file Every mutant of feeds, in a fixed order.
 */
import type { CanonicalGraph } from "../../../compiler/ir/types.ts";
import type { OrtTensors } from "../../../ort/types.ts";
import { formMutants } from "./forms.ts";
import { lengthMutants } from "./lengths.ts";
import { maskMutants } from "./masks.ts";
import type { FeedMutant, SplitFeed } from "./mutant.ts";

export interface KindedFeedMutant extends FeedMutant {
  readonly kind: string;
}

/** `ranks` is the size of the mesh. */
export function feedMutantsOf(
  graph: CanonicalGraph,
  feeds: OrtTensors,
  ranks: number,
  splits: readonly SplitFeed[],
): readonly KindedFeedMutant[] {
  const of = (kind: string, mutants: readonly FeedMutant[]): readonly KindedFeedMutant[] =>
    mutants.map((mutant) => ({ ...mutant, kind }));
  return [
    ...of("feeds as they are", [{ name: "as they are", label: "must-run", feeds }]),
    ...of("feeds of other lengths", lengthMutants(graph, feeds, ranks, splits)),
    ...of("feeds with other masks", maskMutants(graph, feeds)),
    ...of("feeds of another form", formMutants(feeds)),
  ];
}
