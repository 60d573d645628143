/**
 * @file Mutations that put a spec elsewhere: into another module, under another key, under a pattern or out of one.
 */
import { matching, mutant, replaced, splitsOf, type Mutation, type Subject } from "./mutant.ts";
import { keepsStream, type Label } from "./oracle.ts";
import { isSplit, nameOf, type Site, type SplitSite } from "./sites.ts";

export const place: Readonly<Record<string, Mutation>> = {
  move: (subject) =>
    subject.sites.flatMap((site) =>
      targetsOf(subject, site).map((module) =>
        mutant(`${nameOf(site)} to ${module}`, "either", replaced(subject.sites, site, { ...site, module })),
      ),
    ),

  "swap entries": (subject) => {
    const [first, second] = splitsOf(subject);
    return first === undefined || second === undefined
      ? []
      : [mutant(`swap ${nameOf(first)} and ${nameOf(second)}`, "either", swapped(subject.sites, first, second))];
  },

  "swap output indexes": (subject) =>
    splitsOf(subject)
      .filter(({ key }) => key === "0")
      .flatMap((first) => {
        const second = splitsOf(subject).find(({ module, key }) => module === first.module && key === "1");
        if (second === undefined) return [];
        // Every plan of ours says the same of both.
        const isSame = JSON.stringify(first.spec) === JSON.stringify(second.spec);
        const sites = swapped(subject.sites, first, second);
        return [mutant(`swap outputs of ${first.module}`, isSame ? "must-run" : "either", sites)];
      }),

  "wildcard too wide": ({ sites }) =>
    sites
      .filter(({ module }) => module !== "")
      .flatMap((site) => {
        const parts = site.module.split(".");
        return parts.map((_, i) => {
          const module = parts.with(i, "*").join(".");
          return mutant(`${module} for ${nameOf(site)}`, "either", replaced(sites, site, { ...site, module }));
        });
      }),

  // Every later block gets what is already split in this way.
  "wildcard for a number": (subject) =>
    splitsOf(subject)
      .filter(({ module }) => /\.\d+$/.test(module))
      .flatMap((site) => {
        const module = site.module.replace(/\d+$/, "*");
        const label: Label = subject.isMarked && keepsStream(subject.family) ? "must-run" : "either";
        return [
          mutant(`${module} for ${nameOf(site)}`, label, replaced(subject.sites, site, { ...site, module })),
          mutant(`${module} beside ${nameOf(site)}`, label, [...subject.sites, { ...site, module }]),
        ];
      }),

  "numbers for a wildcard": (subject) =>
    subject.sites
      .filter(({ module }) => module.includes("*"))
      .map((site) => {
        const each = matching(subject, site.module).map((module): Site => ({ ...site, module }));
        return mutant(`numbers for ${nameOf(site)}`, "must-run", replaced(subject.sites, site, ...each));
      }),
};

function swapped(sites: readonly Site[], first: SplitSite, second: SplitSite): readonly Site[] {
  return sites.map((site) =>
    site === first
      ? { ...second, module: first.module, key: first.key }
      : site === second
        ? { ...first, module: second.module, key: second.key }
        : site,
  );
}

/** Where a spec is moved to: a parent, a sibling, a block, the root. */
function targetsOf({ modules, sites }: Subject, site: Site): readonly string[] {
  const taken = new Set(sites.filter((other) => other.key === site.key).map(({ module }) => module));
  const blocks = modules.filter((module) => /^[^.]*blocks\.\d+(\.attn1?)?$/.test(module)).slice(0, 6);
  const others = isSplit(site) ? [] : ["norm_out.linear"];
  return ["", "norm_out", "proj_out", ...others, ...blocks].filter(
    (module) => !taken.has(module) && (module === "" || modules.includes(module)),
  );
}
