/**
 * @file Mutations that change one spec in place: its axis, its rank, its names.
 */
import { mutant, rankOf, replaced, splitsOf, type Mutation } from "./mutant.ts";
import { gathersOnce, reliesOnRank, withoutSpecs, type Label } from "./oracle.ts";
import { isSplit, nameOf, type PlacedSpec } from "./specs.ts";

const dimOf = (placed: PlacedSpec): number => (isSplit(placed) ? placed.spec.split_dim : placed.spec.gather_dim);
const withDim = (placed: PlacedSpec, dim: number): PlacedSpec =>
  isSplit(placed)
    ? { ...placed, spec: { ...placed.spec, split_dim: dim } }
    : { ...placed, spec: { ...placed.spec, gather_dim: dim } };
const withRank = (placed: PlacedSpec, expected_dims: number): PlacedSpec =>
  isSplit(placed)
    ? { ...placed, spec: { ...placed.spec, expected_dims } }
    : { ...placed, spec: { ...placed.spec, expected_dims } };

export const alter: Readonly<Record<string, Mutation>> = {
  "same axis from the end": ({ specs }) =>
    specs.map((placed) =>
      mutant(
        `${nameOf(placed)} from the end`,
        "must-run",
        replaced(specs, placed, withDim(placed, dimOf(placed) - rankOf(placed))),
      ),
    ),

  "other axis": ({ specs }) =>
    specs.flatMap((placed) =>
      [0, 1, 2, 3]
        .filter((dim) => dim !== dimOf(placed) && dim < rankOf(placed))
        .map((dim) => {
          const label: Label = !isSplit(placed) && gathersOnce(specs) ? "must-refuse" : "either";
          return mutant(`${nameOf(placed)} on axis ${dim}`, label, replaced(specs, placed, withDim(placed, dim)));
        }),
    ),

  "no such axis": ({ specs }) =>
    specs.flatMap((placed) =>
      [rankOf(placed), -rankOf(placed) - 1].map((dim) =>
        mutant(`${nameOf(placed)} on axis ${dim}`, "must-refuse", replaced(specs, placed, withDim(placed, dim))),
      ),
    ),

  // An input of another rank is left whole, as if the entry were not there; an output of another rank is an error.
  "wrong expected_dims": ({ specs, family }) =>
    specs.flatMap((placed) =>
      [rankOf(placed) + 1, 7].map((rank) => {
        const label = isSplit(placed) ? withoutSpecs(family, specs, [placed]) : "must-refuse";
        return mutant(`${nameOf(placed)} of rank ${rank}`, label, replaced(specs, placed, withRank(placed, rank)));
      }),
    ),

  "no expected_dims": ({ specs, model }) =>
    specs.map((placed) => {
      const { expected_dims: _, ...spec } = placed.spec;
      const label: Label = reliesOnRank(model, placed) ? "either" : "must-run";
      return mutant(`${nameOf(placed)} of any rank`, label, replaced(specs, placed, { ...placed, spec } as PlacedSpec));
    }),

  "misspelt module": (subject) =>
    subject.specs
      .filter(({ module }) => module !== "")
      .map((placed) => {
        const there = subject.modules.includes(placed.module) || placed.module.includes("*") || !isSplit(placed);
        const module = placed.module.replace(/[a-z](?=[^a-z]*$)/, "");
        const label: Label = there ? "must-refuse" : "either";
        return mutant(`${module} for ${placed.module}`, label, replaced(subject.specs, placed, { ...placed, module }));
      }),

  "misspelt parameter": (subject) =>
    splitsOf(subject)
      .filter(({ key }) => !/^\d+$/.test(key))
      .map((placed) => {
        const label: Label = placed.module === "" && subject.inputs.has(placed.key) ? "must-refuse" : "either";
        const key = placed.key.slice(0, -1);
        return mutant(`${key} for ${nameOf(placed)}`, label, replaced(subject.specs, placed, { ...placed, key }));
      }),

  "output index": (subject) =>
    splitsOf(subject)
      .filter(({ key }) => /^\d+$/.test(key))
      .map((placed) =>
        mutant(
          `${nameOf(placed)} as output 7`,
          subject.isFixed ? "either" : "must-refuse",
          replaced(subject.specs, placed, { ...placed, key: "7" }),
        ),
      ),

  "split_output flag": (subject) =>
    splitsOf(subject).map((placed) => {
      const spec = { ...placed.spec, split_output: placed.spec.split_output !== true };
      return mutant(
        `${nameOf(placed)} with split_output ${spec.split_output}`,
        "must-refuse",
        replaced(subject.specs, placed, { ...placed, spec }),
      );
    }),

  "unknown value": (subject) =>
    subject.specs
      .filter(({ module }) => !module.includes("*"))
      .map((placed) => {
        const named = { ...placed, spec: { ...placed.spec, value: "no_such_value" } } as PlacedSpec;
        return mutant(`${nameOf(placed)} of no_such_value`, "must-refuse", replaced(subject.specs, placed, named));
      }),
};
