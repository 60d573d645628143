/**
 * @file Mutations that add to a plan: splits and gathers on the way, other inputs, another family's plan.
 */
import type { ContextParallelPlan } from "../../../compiler/plan/types.ts";
import { blocksOf, gathersOf, matching, mutant, splitsOf, type Mutation, type Subject } from "./mutant.ts";
import { gathersOnce, keepsStream } from "./oracle.ts";
import { isSplit, planOf, sitesOf, type Site } from "./sites.ts";

export const add: Readonly<Record<string, Mutation>> = {
  "split again on the same axis": (subject) =>
    blocksOf(subject).map((module) => {
      // What joins streams inside is split otherwise than one stream; markers save the search.
      const isSame = subject.isMarked && keepsStream(subject.family) && !module.startsWith("single");
      const again: Site = { module, key: "hidden_states", spec: { split_dim: 1, expected_dims: 3 } };
      return mutant(`and ${module}`, isSame ? "must-run" : "either", [...subject.sites, again]);
    }),

  "split again on another axis": (subject) =>
    blocksOf(subject).flatMap((module) =>
      [0, 2].map((split_dim) =>
        mutant(`and ${module} on axis ${split_dim}`, "either", [
          ...subject.sites,
          { module, key: "hidden_states", spec: { split_dim, expected_dims: 3 } },
        ]),
      ),
    ),

  "split another input": ({ sites, inputs }) =>
    [...inputs].flatMap(([key, rank]) => {
      if (sites.some((site) => site.module === "" && site.key === key)) return [];
      return Array.from({ length: rank }, (_, split_dim) =>
        mutant(`and ${key} on axis ${split_dim}`, "either", [...sites, { module: "", key, spec: { split_dim } }]),
      );
    }),

  "gather early": (subject) =>
    blocksOf(subject).flatMap((module) => {
      const early: Site = { module, key: null, spec: { gather_dim: 1, expected_dims: 3 } };
      if (subject.sites.some((site) => site.module === module && !isSplit(site))) return [];
      return [
        mutant(`gather ${module} too`, "either", [...subject.sites, early]),
        mutant(`gather ${module} instead`, "either", [...splitsOf(subject), early]),
      ];
    }),

  "gather the output again": ({ sites }) =>
    gathersOnce(sites)
      ? [
          mutant("gather the model's output", "must-run", [
            ...sites,
            { module: "", key: null, spec: { gather_dim: 1 } },
          ]),
        ]
      : [],

  "merge with another plan": (subject) =>
    subject.others.flatMap((other, i) => {
      const label = isUnknown(subject, other) ? "must-refuse" : "either";
      return [
        mutant(`and plan ${i}`, label, [...subject.sites, ...sitesOf(other)]),
        mutant(`plan ${i} and then this one`, label, [...sitesOf(other), ...subject.sites]),
      ];
    }),

  "another model's plan": (subject) =>
    subject.others.map((other, i) => ({
      ...mutant(`plan ${i}`, isUnknown(subject, other) ? "must-refuse" : "either", []),
      plan: planOf(sitesOf(other)),
    })),

  "splits of this, gathers of another": (subject) =>
    subject.others.map((other, i) => {
      const gathers = sitesOf(other).filter((site) => !isSplit(site));
      const isOne = gathers.length === 1 && JSON.stringify(gathers) === JSON.stringify(gathersOf(subject));
      return mutant(`gathers of plan ${i}`, isOne ? "must-run" : "either", [...splitsOf(subject), ...gathers]);
    }),
};

/** It names a module that the export never had; a static export may have folded it away. */
function isUnknown(subject: Subject, plan: ContextParallelPlan): boolean {
  const isThere = (module: string): boolean =>
    module === "" || matching(subject, module).length > 0 || matching(subject, `*.${module}`).length > 0;
  return !subject.isFixed && !Object.keys(plan).every((module) => module.startsWith("$") || isThere(module));
}
