/**
 * @file Mutations that alter one spec where it stands: its axis, its rank, its names.
 */
import { mutant, rankOf, replaced, splitsOf, type Mutation } from "./mutant.ts";
import { gathersOnce, reliesOnRank, withoutSites, type Label } from "./oracle.ts";
import { isSplit, nameOf, type Site } from "./sites.ts";

const dimOf = (site: Site): number => (isSplit(site) ? site.spec.split_dim : site.spec.gather_dim);
const withDim = (site: Site, dim: number): Site =>
  isSplit(site)
    ? { ...site, spec: { ...site.spec, split_dim: dim } }
    : { ...site, spec: { ...site.spec, gather_dim: dim } };
const withRank = (site: Site, expected_dims: number): Site =>
  isSplit(site)
    ? { ...site, spec: { ...site.spec, expected_dims } }
    : { ...site, spec: { ...site.spec, expected_dims } };

export const alter: Readonly<Record<string, Mutation>> = {
  "same axis from the end": ({ sites }) =>
    sites.map((site) =>
      mutant(
        `${nameOf(site)} from the end`,
        "must-run",
        replaced(sites, site, withDim(site, dimOf(site) - rankOf(site))),
      ),
    ),

  "other axis": ({ sites }) =>
    sites.flatMap((site) =>
      [0, 1, 2, 3]
        .filter((dim) => dim !== dimOf(site) && dim < rankOf(site))
        .map((dim) => {
          const label: Label = !isSplit(site) && gathersOnce(sites) ? "must-refuse" : "either";
          return mutant(`${nameOf(site)} on axis ${dim}`, label, replaced(sites, site, withDim(site, dim)));
        }),
    ),

  "no such axis": ({ sites }) =>
    sites.flatMap((site) =>
      [rankOf(site), -rankOf(site) - 1].map((dim) =>
        mutant(`${nameOf(site)} on axis ${dim}`, "must-refuse", replaced(sites, site, withDim(site, dim))),
      ),
    ),

  // An input of another rank is left whole, as if the entry were not there; an output of another rank is an error.
  "wrong expected_dims": ({ sites, family }) =>
    sites.flatMap((site) =>
      [rankOf(site) + 1, 7].map((rank) => {
        const label = isSplit(site) ? withoutSites(family, sites, [site]) : "must-refuse";
        return mutant(`${nameOf(site)} of rank ${rank}`, label, replaced(sites, site, withRank(site, rank)));
      }),
    ),

  "no expected_dims": ({ sites, model }) =>
    sites.map((site) => {
      const { expected_dims: _, ...spec } = site.spec;
      const label: Label = reliesOnRank(model, site) ? "either" : "must-run";
      return mutant(`${nameOf(site)} of any rank`, label, replaced(sites, site, { ...site, spec } as Site));
    }),

  "misspelt module": (subject) =>
    subject.sites
      .filter(({ module }) => module !== "")
      .map((site) => {
        const there = subject.modules.includes(site.module) || site.module.includes("*") || !isSplit(site);
        const module = site.module.replace(/[a-z](?=[^a-z]*$)/, "");
        const label: Label = there ? "must-refuse" : "either";
        return mutant(`${module} for ${site.module}`, label, replaced(subject.sites, site, { ...site, module }));
      }),

  "misspelt parameter": (subject) =>
    splitsOf(subject)
      .filter(({ key }) => !/^\d+$/.test(key))
      .map((site) => {
        const label: Label = site.module === "" && subject.inputs.has(site.key) ? "must-refuse" : "either";
        const key = site.key.slice(0, -1);
        return mutant(`${key} for ${nameOf(site)}`, label, replaced(subject.sites, site, { ...site, key }));
      }),

  "output index": (subject) =>
    splitsOf(subject)
      .filter(({ key }) => /^\d+$/.test(key))
      .map((site) =>
        mutant(
          `${nameOf(site)} as output 7`,
          subject.isFixed ? "either" : "must-refuse",
          replaced(subject.sites, site, { ...site, key: "7" }),
        ),
      ),

  "split_output flag": (subject) =>
    splitsOf(subject).map((site) => {
      const spec = { ...site.spec, split_output: site.spec.split_output !== true };
      return mutant(
        `${nameOf(site)} with split_output ${spec.split_output}`,
        "must-refuse",
        replaced(subject.sites, site, { ...site, spec }),
      );
    }),

  "unknown value": (subject) =>
    subject.sites
      .filter(({ module }) => !module.includes("*"))
      .map((site) => {
        const named = { ...site, spec: { ...site.spec, value: "no_such_value" } } as Site;
        return mutant(`${nameOf(site)} of no_such_value`, "must-refuse", replaced(subject.sites, site, named));
      }),
};
