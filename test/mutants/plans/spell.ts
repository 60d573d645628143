/**
 * @file Mutations that say the same in other words, or nearly the same.
 */
import {
  gathersOf,
  mutant,
  replaced,
  splitsOf,
  without,
  type Mutation,
  type Subject,
  type Unkinded,
} from "./mutant.ts";
import { endsInGather, gathersOnce, type Label } from "./oracle.ts";
import { nameOf, planOf, type GatherSite, type Site } from "./sites.ts";

export const spell: Readonly<Record<string, Mutation>> = {
  reorder: ({ sites }) => [mutant("last entry first", "must-run", [...sites].reverse())],

  "gather as a list": (subject) => gathersOf(subject).flatMap((site) => asList(subject, site)),

  "value of an input": (subject) =>
    splitsOf(subject)
      .filter(({ module, key }) => module === "" && subject.inputs.has(key))
      .map((site) => {
        const named: Site = { ...site, spec: { ...site.spec, value: site.key } };
        return mutant(`${nameOf(site)} by its value`, "must-run", replaced(subject.sites, site, named));
      }),

  "value of another input": (subject) =>
    splitsOf(subject)
      .filter(({ module, key }) => module === "" && subject.inputs.has(key))
      .flatMap((site) =>
        [...subject.inputs.keys()]
          .filter((value) => value !== site.key)
          .map((value) => {
            const named: Site = { ...site, spec: { ...site.spec, value } };
            return mutant(`${nameOf(site)} by the value ${value}`, "either", replaced(subject.sites, site, named));
          }),
      ),

  "gather the model's output instead": ({ family, sites }) => {
    if (!gathersOnce(sites)) return [];
    const gather = sites.find((site): site is GatherSite => site.key === null)!;
    const label: Label = endsInGather(family) ? "must-run" : "either";
    return [mutant("gather the model's output", label, replaced(sites, gather, { ...gather, module: "" }))];
  },

  "no gather but of nothing": (subject) => {
    const gone = without(subject.sites, ...gathersOf(subject));
    const idle = gathersOf(subject).map(({ module }) => [module, [null]] as const);
    const label: Label = gathersOnce(subject.sites) ? "must-refuse" : "either";
    const plan = { ...planOf(gone), ...Object.fromEntries(idle) };
    return gone.some(({ module }) => idle.some(([other]) => other === module))
      ? []
      : [{ name: "null for every gather", label, plan }];
  },
};

/** A list of as many as there are outputs is the same; a longer one is wrong. */
function asList({ sites }: Subject, site: GatherSite): readonly Unkinded[] {
  if (sites.some(({ module, key }) => module === site.module && key !== null)) return [];
  const rest = planOf(without(sites, site));
  return [
    { name: `${site.module} as a list of one`, label: "must-run", plan: { ...rest, [site.module]: [site.spec] } },
    {
      name: `${site.module} as a list of three`,
      label: "must-refuse",
      plan: { ...rest, [site.module]: [site.spec, null, null] },
    },
  ];
}
