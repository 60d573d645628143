/**
 * @file Mutations that state a scheme for attention sites. A gather works on every mesh and for every site; a scheme that a mesh does not have is
 * refused there.
 */
import type { AttentionScheme } from "../../../compiler/plan/types.ts";
import type { Mutation, Subject, Unkinded } from "./mutant.ts";
import { planOf } from "./specs.ts";

export const schemes: Readonly<Record<string, Mutation>> = {
  "scheme of a site": (subject) => [
    stated(subject, "gather", { "": "gather" }, "must-run"),
    ...subject.attentions.map((module) => stated(subject, `gather ${module}`, { [module]: "gather" }, "must-run")),
    // Those of the mesh run, the others are refused.
    ...(["ulysses", "ring", "unified"] as const).map((scheme) => stated(subject, scheme, { "": scheme }, "either")),
  ],

  "scheme of no site": (subject) => [
    stated(subject, "gather proj_out", { proj_out: "gather" }, "must-refuse"),
    stated(subject, "gather no_such_module", { no_such_module: "gather" }, "must-refuse"),
  ],
};

function stated(
  { specs }: Subject,
  name: string,
  $attention: Readonly<Record<string, AttentionScheme>>,
  label: Unkinded["label"],
): Unkinded {
  return { name: `$attention: ${name}`, label, plan: { $attention, ...planOf(specs) } };
}
