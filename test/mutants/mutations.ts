/**
 * @file Mutants of a plan: one small change each, with what must become of it. Data only; nothing is compiled here.
 */
import type { ContextParallelPlan } from "../../compiler/plan/types.ts";
import { gathersOnce, withoutSites, type Label } from "./oracle.ts";
import { isSplit, nameOf, planOf, type GatherSite, type Site, type SplitSite } from "./sites.ts";

export interface Mutant {
  /** `drop proj_out` */
  readonly name: string;
  /** The mutation it comes from. */
  readonly kind: string;
  readonly label: Label;
  readonly plan: ContextParallelPlan;
}

/** What a mutation may know of the model: never a stage's result. */
export interface Subject {
  readonly family: string;
  readonly sites: readonly Site[];
  /** Module paths of the export, for moves. */
  readonly modules: readonly string[];
  /** A static export folds modules away: then a name that is not there can be a folded one. */
  readonly fixed: boolean;
  /** Names of the graph's inputs. */
  readonly inputs: readonly string[];
}

type Mutation = (subject: Subject) => readonly Omit<Mutant, "kind">[];

const without = (sites: readonly Site[], site: Site): readonly Site[] => sites.filter((other) => other !== site);
const replaced = (sites: readonly Site[], site: Site, by: Site): readonly Site[] =>
  sites.map((other) => (other === site ? by : other));
const splits = ({ sites }: Subject): readonly SplitSite[] => sites.filter(isSplit);
const gathers = ({ sites }: Subject): readonly GatherSite[] =>
  sites.filter((site): site is GatherSite => !isSplit(site));
const ranked = (site: Site): number => site.spec.expected_dims ?? 3;
const mutant = (name: string, label: Label, sites: readonly Site[]): Omit<Mutant, "kind"> => ({
  name,
  label,
  plan: planOf(sites),
});
const withDim = (site: Site, dim: number): Site =>
  isSplit(site)
    ? { ...site, spec: { ...site.spec, split_dim: dim } }
    : { ...site, spec: { ...site.spec, gather_dim: dim } };
const dimOf = (site: Site): number => (isSplit(site) ? site.spec.split_dim : site.spec.gather_dim);
const withRank = (site: Site, expected_dims: number): Site =>
  isSplit(site)
    ? { ...site, spec: { ...site.spec, expected_dims } }
    : { ...site, spec: { ...site.spec, expected_dims } };

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  nothing: ({ sites }) => [mutant("as it is", "must-run", sites)],

  drop: ({ sites, family }) =>
    sites.map((site) => mutant(`drop ${nameOf(site)}`, withoutSites(family, sites, [site]), without(sites, site))),

  "drop two": (subject) => {
    const all = splits(subject);
    const pairs = all.flatMap((a, i) => all.slice(i + 1).map((b) => [a, b] as const));
    return pairs.map(([a, b]) => {
      const left = without(without(subject.sites, a), b);
      return mutant(`drop ${nameOf(a)} and ${nameOf(b)}`, withoutSites(subject.family, subject.sites, [a, b]), left);
    });
  },

  "only one split": (subject) =>
    splits(subject).map((site) => {
      const others = splits(subject).filter((other) => other !== site);
      return mutant(`only ${nameOf(site)}`, withoutSites(subject.family, subject.sites, others), [
        site,
        ...gathers(subject),
      ]);
    }),

  "same axis from the end": ({ sites }) =>
    sites.map((site) =>
      mutant(
        `${nameOf(site)} from the end`,
        "must-run",
        replaced(sites, site, withDim(site, dimOf(site) - ranked(site))),
      ),
    ),

  "other axis": ({ sites }) =>
    sites.flatMap((site) =>
      [0, 1, 2, 3]
        .filter((dim) => dim !== dimOf(site) && dim < ranked(site))
        .map((dim) => {
          const label: Label = !isSplit(site) && gathersOnce(sites) ? "must-refuse" : "either";
          return mutant(`${nameOf(site)} on axis ${dim}`, label, replaced(sites, site, withDim(site, dim)));
        }),
    ),

  "no such axis": ({ sites }) =>
    sites.flatMap((site) =>
      [ranked(site), -ranked(site) - 1].map((dim) =>
        mutant(`${nameOf(site)} on axis ${dim}`, "must-refuse", replaced(sites, site, withDim(site, dim))),
      ),
    ),

  // An input of another rank is left whole, as if the entry were not there; an output of another rank is an error.
  "wrong expected_dims": ({ sites, family }) =>
    sites.flatMap((site) =>
      [ranked(site) + 1, 7].map((rank) => {
        const label = isSplit(site) ? withoutSites(family, sites, [site]) : "must-refuse";
        return mutant(`${nameOf(site)} of rank ${rank}`, label, replaced(sites, site, withRank(site, rank)));
      }),
    ),

  "no expected_dims": ({ sites }) =>
    sites.map((site) => {
      const { expected_dims: _, ...spec } = site.spec;
      // Wan's timestep relies on it: in most exports it has another rank.
      const label: Label = nameOf(site) === ".timestep" ? "either" : "must-run";
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
    splits(subject)
      .filter(({ key }) => !/^\d+$/.test(key))
      .map((site) => {
        const label: Label = site.module === "" && subject.inputs.includes(site.key) ? "must-refuse" : "either";
        const key = site.key.slice(0, -1);
        return mutant(`${key} for ${nameOf(site)}`, label, replaced(subject.sites, site, { ...site, key }));
      }),

  move: (subject) =>
    subject.sites.flatMap((site) =>
      targets(subject, site).map((module) =>
        mutant(`${nameOf(site)} to ${module}`, "either", replaced(subject.sites, site, { ...site, module })),
      ),
    ),

  "split again on the same axis": (subject) =>
    blocks(subject).map((module) =>
      mutant(`and ${module}`, "either", [
        ...subject.sites,
        { module, key: "hidden_states", spec: { split_dim: 1, expected_dims: 3 } },
      ]),
    ),

  "split again on another axis": (subject) =>
    blocks(subject).map((module) =>
      mutant(`and ${module} on axis 2`, "either", [
        ...subject.sites,
        { module, key: "hidden_states", spec: { split_dim: 2, expected_dims: 3 } },
      ]),
    ),

  "gather early": (subject) =>
    blocks(subject).flatMap((module) => {
      const early: Site = { module, key: null, spec: { gather_dim: 1, expected_dims: 3 } };
      if (subject.sites.some((site) => site.module === module && !isSplit(site))) return [];
      return [
        mutant(`gather ${module} too`, "either", [...subject.sites, early]),
        mutant(`gather ${module} instead`, "either", [...splits(subject), early]),
      ];
    }),

  "swap entries": (subject) => {
    const [first, second] = splits(subject);
    if (first === undefined || second === undefined) return [];
    const swapped = subject.sites.map((site) =>
      site === first
        ? { ...second, module: first.module, key: first.key }
        : site === second
          ? { ...first, module: second.module, key: second.key }
          : site,
    );
    return [mutant(`swap ${nameOf(first)} and ${nameOf(second)}`, "either", swapped)];
  },

  "output index": (subject) =>
    splits(subject)
      .filter(({ key }) => /^\d+$/.test(key))
      .map((site) =>
        mutant(
          `${nameOf(site)} as output 7`,
          subject.fixed ? "either" : "must-refuse",
          replaced(subject.sites, site, { ...site, key: "7" }),
        ),
      ),

  "split_output flag": (subject) =>
    splits(subject).map((site) => {
      const spec = { ...site.spec, split_output: site.spec.split_output !== true };
      return mutant(
        `${nameOf(site)} with split_output ${spec.split_output}`,
        "must-refuse",
        replaced(subject.sites, site, { ...site, spec }),
      );
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

  "gather the output again": (subject) =>
    gathersOnce(subject.sites)
      ? [
          mutant("gather the model's output", "must-run", [
            ...subject.sites,
            { module: "", key: null, spec: { gather_dim: 1 } },
          ]),
        ]
      : [],

  "unknown value": (subject) =>
    subject.sites
      .filter(({ module }) => !module.includes("*"))
      .map((site) => {
        const named = { ...site, spec: { ...site.spec, value: "no_such_value" } } as Site;
        return mutant(`${nameOf(site)} of no_such_value`, "must-refuse", replaced(subject.sites, site, named));
      }),

  reorder: ({ sites }) => [mutant("last entry first", "must-run", [...sites].reverse())],
};

/** Every mutant of a plan, in a fixed order. */
export function mutantsOf(subject: Subject): readonly Mutant[] {
  return Object.entries(MUTATIONS).flatMap(([kind, mutation]) =>
    mutation(subject).map((found) => ({ ...found, kind })),
  );
}

/** Blocks of the export: modules whose last segment is a number. */
function blocks({ modules }: Subject): readonly string[] {
  return modules.filter((module) => /^[^.]*blocks\.\d+$/.test(module));
}

/** Where a spec is moved to: a parent, a sibling, a block, the root. */
function targets({ modules, sites }: Subject, site: Site): readonly string[] {
  const taken = new Set(sites.filter((other) => other.key === site.key).map(({ module }) => module));
  const blocks = modules.filter((module) => /^[^.]*blocks\.\d+(\.attn1?)?$/.test(module)).slice(0, 6);
  return ["", "norm_out", "proj_out", ...blocks].filter(
    (module) => !taken.has(module) && (module === "" || modules.includes(module)),
  );
}
