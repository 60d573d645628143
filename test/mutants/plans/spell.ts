/**
 * @file Mutations that write the same plan in another form, or nearly the same plan.
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
import { nameOf, planOf, type GatherSpec, type PlacedSpec } from "./specs.ts";

export const spell: Readonly<Record<string, Mutation>> = {
  reorder: ({ specs }) => [mutant("last entry first", "must-run", [...specs].reverse())],

  "gather as a list": (subject) => gathersOf(subject).flatMap((placed) => asList(subject, placed)),

  "value of an input": (subject) =>
    splitsOf(subject)
      .filter(({ module, key }) => module === "" && subject.inputs.has(key))
      .map((placed) => {
        const named: PlacedSpec = { ...placed, spec: { ...placed.spec, value: placed.key } };
        return mutant(`${nameOf(placed)} by its value`, "must-run", replaced(subject.specs, placed, named));
      }),

  "value of another input": (subject) =>
    splitsOf(subject)
      .filter(({ module, key }) => module === "" && subject.inputs.has(key))
      .flatMap((placed) =>
        [...subject.inputs.keys()]
          .filter((value) => value !== placed.key)
          .map((value) => {
            const named: PlacedSpec = { ...placed, spec: { ...placed.spec, value } };
            return mutant(`${nameOf(placed)} by the value ${value}`, "either", replaced(subject.specs, placed, named));
          }),
      ),

  "gather the model's output instead": ({ family, specs }) => {
    if (!gathersOnce(specs)) return [];
    const gather = specs.find((placed): placed is GatherSpec => placed.key === null)!;
    const label: Label = endsInGather(family) ? "must-run" : "either";
    return [mutant("gather the model's output", label, replaced(specs, gather, { ...gather, module: "" }))];
  },

  "no gather but of nothing": (subject) => {
    const gone = without(subject.specs, ...gathersOf(subject));
    const idle = gathersOf(subject).map(({ module }) => [module, [null]] as const);
    const label: Label = gathersOnce(subject.specs) ? "must-refuse" : "either";
    const plan = { ...planOf(gone), ...Object.fromEntries(idle) };
    return gone.some(({ module }) => idle.some(([other]) => other === module))
      ? []
      : [{ name: "null for every gather", label, plan }];
  },
};

/** A list of as many as there are outputs is the same; a longer one is wrong. */
function asList({ specs }: Subject, placed: GatherSpec): readonly Unkinded[] {
  if (specs.some(({ module, key }) => module === placed.module && key !== null)) return [];
  const rest = planOf(without(specs, placed));
  return [
    { name: `${placed.module} as a list of one`, label: "must-run", plan: { ...rest, [placed.module]: [placed.spec] } },
    {
      name: `${placed.module} as a list of three`,
      label: "must-refuse",
      plan: { ...rest, [placed.module]: [placed.spec, null, null] },
    },
  ];
}
