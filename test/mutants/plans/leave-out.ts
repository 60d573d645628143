/**
 * @file Mutations that omit specs of a plan: alignment must complete the rest, or it is refused.
 */
import { gathersOf, mutant, splitsOf, without, type Mutation } from "./mutant.ts";
import { streamOf, withoutSpecs } from "./oracle.ts";
import { isSplit, nameOf } from "./specs.ts";

export const leaveOut: Readonly<Record<string, Mutation>> = {
  nothing: ({ specs }) => [mutant("as it is", "must-run", specs)],

  drop: ({ specs, family }) =>
    specs.map((placed) =>
      mutant(`drop ${nameOf(placed)}`, withoutSpecs(family, specs, [placed]), without(specs, placed)),
    ),

  "drop two": (subject) => {
    const { family, specs } = subject;
    const all = splitsOf(subject);
    const pairs = all.flatMap((a, i) => all.slice(i + 1).map((b) => [a, b] as const));
    return pairs.map(([a, b]) =>
      mutant(`drop ${nameOf(a)} and ${nameOf(b)}`, withoutSpecs(family, specs, [a, b]), without(specs, a, b)),
    );
  },

  "only one split": (subject) => {
    const { family, specs } = subject;
    return splitsOf(subject).map((placed) => {
      const others = splitsOf(subject).filter((other) => other !== placed);
      return mutant(`only ${nameOf(placed)}`, withoutSpecs(family, specs, others), [placed, ...gathersOf(subject)]);
    });
  },

  "only the image, the text or the mask": ({ family, specs }) =>
    (["image", "text", "mask"] as const).flatMap((stream) => {
      const gone = specs.filter((placed) => isSplit(placed) && streamOf(placed) !== stream);
      const left = without(specs, ...gone);
      if (gone.length === 0 || !left.some(isSplit)) return [];
      return [mutant(`only the ${stream}`, withoutSpecs(family, specs, gone), left)];
    }),
};
