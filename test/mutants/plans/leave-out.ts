/**
 * @file Mutations that leave something of a plan out: what is left must be completed by alignment, or refused.
 */
import { gathersOf, mutant, splitsOf, without, type Mutation } from "./mutant.ts";
import { streamOf, withoutSites } from "./oracle.ts";
import { isSplit, nameOf } from "./sites.ts";

export const leaveOut: Readonly<Record<string, Mutation>> = {
  nothing: ({ sites }) => [mutant("as it is", "must-run", sites)],

  drop: ({ sites, family }) =>
    sites.map((site) => mutant(`drop ${nameOf(site)}`, withoutSites(family, sites, [site]), without(sites, site))),

  "drop two": (subject) => {
    const { family, sites } = subject;
    const all = splitsOf(subject);
    const pairs = all.flatMap((a, i) => all.slice(i + 1).map((b) => [a, b] as const));
    return pairs.map(([a, b]) =>
      mutant(`drop ${nameOf(a)} and ${nameOf(b)}`, withoutSites(family, sites, [a, b]), without(sites, a, b)),
    );
  },

  "only one split": (subject) => {
    const { family, sites } = subject;
    return splitsOf(subject).map((site) => {
      const others = splitsOf(subject).filter((other) => other !== site);
      return mutant(`only ${nameOf(site)}`, withoutSites(family, sites, others), [site, ...gathersOf(subject)]);
    });
  },

  "only the image, the text or the mask": ({ family, sites }) =>
    (["image", "text", "mask"] as const).flatMap((stream) => {
      const gone = sites.filter((site) => isSplit(site) && streamOf(site) !== stream);
      const left = without(sites, ...gone);
      if (gone.length === 0 || !left.some(isSplit)) return [];
      return [mutant(`only the ${stream}`, withoutSites(family, sites, gone), left)];
    }),
};
