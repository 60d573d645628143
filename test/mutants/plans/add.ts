/**
 * @file Mutations that add to a plan: splits and gathers in between, other inputs, another family's plan.
 */
import type { ContextParallelPlan } from "../../../compiler/plan/types.ts";
import { blocksOf, gathersOf, matching, mutant, splitsOf, type Mutation, type Subject } from "./mutant.ts";
import { gathersOnce, keepsStream } from "./oracle.ts";
import { isSplit, planOf, specsOf, type PlacedSpec } from "./specs.ts";

export const add: Readonly<Record<string, Mutation>> = {
  "split again on the same axis": (subject) =>
    blocksOf(subject).map((module) => {
      // What joins streams inside is split otherwise than one stream; markers save the search.
      const isSame = subject.isMarked && keepsStream(subject.family) && !module.startsWith("single");
      const again: PlacedSpec = { module, key: "hidden_states", spec: { split_dim: 1, expected_dims: 3 } };
      return mutant(`and ${module}`, isSame ? "must-run" : "either", [...subject.specs, again]);
    }),

  "split again on another axis": (subject) =>
    blocksOf(subject).flatMap((module) =>
      [0, 2].map((split_dim) =>
        mutant(`and ${module} on axis ${split_dim}`, "either", [
          ...subject.specs,
          { module, key: "hidden_states", spec: { split_dim, expected_dims: 3 } },
        ]),
      ),
    ),

  "split another input": ({ specs, inputs }) =>
    [...inputs].flatMap(([key, rank]) => {
      if (specs.some((placed) => placed.module === "" && placed.key === key)) return [];
      return Array.from({ length: rank }, (_, split_dim) =>
        mutant(`and ${key} on axis ${split_dim}`, "either", [...specs, { module: "", key, spec: { split_dim } }]),
      );
    }),

  "gather early": (subject) =>
    blocksOf(subject).flatMap((module) => {
      const early: PlacedSpec = { module, key: null, spec: { gather_dim: 1, expected_dims: 3 } };
      if (subject.specs.some((placed) => placed.module === module && !isSplit(placed))) return [];
      return [
        mutant(`gather ${module} too`, "either", [...subject.specs, early]),
        mutant(`gather ${module} instead`, "either", [...splitsOf(subject), early]),
      ];
    }),

  "gather the output again": ({ specs }) =>
    gathersOnce(specs)
      ? [
          mutant("gather the model's output", "must-run", [
            ...specs,
            { module: "", key: null, spec: { gather_dim: 1 } },
          ]),
        ]
      : [],

  "merge with another plan": (subject) =>
    subject.others.flatMap((other, i) => {
      const label = isUnknown(subject, other) ? "must-refuse" : "either";
      return [
        mutant(`and plan ${i}`, label, [...subject.specs, ...specsOf(other)]),
        mutant(`plan ${i} and then this one`, label, [...specsOf(other), ...subject.specs]),
      ];
    }),

  "another model's plan": (subject) =>
    subject.others.map((other, i) => ({
      ...mutant(`plan ${i}`, isUnknown(subject, other) ? "must-refuse" : "either", []),
      plan: planOf(specsOf(other)),
    })),

  "splits of this, gathers of another": (subject) =>
    subject.others.map((other, i) => {
      const gathers = specsOf(other).filter((placed) => !isSplit(placed));
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
