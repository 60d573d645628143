/**
 * @file Mutations that move a spec: into another module, under another key, into or out of a pattern.
 */
import { matching, mutant, replaced, splitsOf, type Mutation, type Subject } from "./mutant.ts";
import { keepsStream, type Label } from "./oracle.ts";
import { isSplit, nameOf, type PlacedSpec, type SplitSpec } from "./specs.ts";

export const place: Readonly<Record<string, Mutation>> = {
  move: (subject) =>
    subject.specs.flatMap((placed) =>
      targetsOf(subject, placed).map((module) =>
        mutant(`${nameOf(placed)} to ${module}`, "either", replaced(subject.specs, placed, { ...placed, module })),
      ),
    ),

  "swap entries": (subject) => {
    const [first, second] = splitsOf(subject);
    return first === undefined || second === undefined
      ? []
      : [mutant(`swap ${nameOf(first)} and ${nameOf(second)}`, "either", swapped(subject.specs, first, second))];
  },

  "swap output indexes": (subject) =>
    splitsOf(subject)
      .filter(({ key }) => key === "0")
      .flatMap((first) => {
        const second = splitsOf(subject).find(({ module, key }) => module === first.module && key === "1");
        if (second === undefined) return [];
        // Every plan of ours says the same of both.
        const isSame = JSON.stringify(first.spec) === JSON.stringify(second.spec);
        const specs = swapped(subject.specs, first, second);
        return [mutant(`swap outputs of ${first.module}`, isSame ? "must-run" : "either", specs)];
      }),

  "wildcard too wide": ({ specs }) =>
    specs
      .filter(({ module }) => module !== "")
      .flatMap((placed) => {
        const parts = placed.module.split(".");
        return parts.map((_, i) => {
          const module = parts.with(i, "*").join(".");
          return mutant(`${module} for ${nameOf(placed)}`, "either", replaced(specs, placed, { ...placed, module }));
        });
      }),

  // Every later block gets what is already split in this way.
  "wildcard for a number": (subject) =>
    splitsOf(subject)
      .filter(({ module }) => /\.\d+$/.test(module))
      .flatMap((placed) => {
        const module = placed.module.replace(/\d+$/, "*");
        const label: Label = subject.isMarked && keepsStream(subject.family) ? "must-run" : "either";
        return [
          mutant(`${module} for ${nameOf(placed)}`, label, replaced(subject.specs, placed, { ...placed, module })),
          mutant(`${module} beside ${nameOf(placed)}`, label, [...subject.specs, { ...placed, module }]),
        ];
      }),

  "numbers for a wildcard": (subject) =>
    subject.specs
      .filter(({ module }) => module.includes("*"))
      .map((placed) => {
        const each = matching(subject, placed.module).map((module): PlacedSpec => ({ ...placed, module }));
        return mutant(`numbers for ${nameOf(placed)}`, "must-run", replaced(subject.specs, placed, ...each));
      }),
};

function swapped(specs: readonly PlacedSpec[], first: SplitSpec, second: SplitSpec): readonly PlacedSpec[] {
  return specs.map((placed) =>
    placed === first
      ? { ...second, module: first.module, key: first.key }
      : placed === second
        ? { ...first, module: second.module, key: second.key }
        : placed,
  );
}

/** Where a spec is moved to: a parent, a sibling, a block, the root. */
function targetsOf({ modules, specs }: Subject, placed: PlacedSpec): readonly string[] {
  const taken = new Set(specs.filter((other) => other.key === placed.key).map(({ module }) => module));
  const blocks = modules.filter((module) => /^[^.]*blocks\.\d+(\.attn1?)?$/.test(module)).slice(0, 6);
  const others = isSplit(placed) ? [] : ["norm_out.linear"];
  return ["", "norm_out", "proj_out", ...others, ...blocks].filter(
    (module) => !taken.has(module) && (module === "" || modules.includes(module)),
  );
}
