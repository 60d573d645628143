/**
 * @file Rule: the mesh can do the schemes that `$attention` names. Knows no model: whether a site can take one is seen at the site.
 */
import { planMessages } from "../../../diagnostics/catalog/plan-rules.ts";
import { diagnose } from "../../../diagnostics/diagnose.ts";
import type { Diagnostic } from "../../../diagnostics/types.ts";
import { quote } from "../../ast.ts";
import { type MeshScheme, schemeOfMesh } from "../../schemes.ts";
import type { MeshConfig, Plan } from "../../types.ts";

export function schemesFitMesh({ attention }: Plan, mesh: MeshConfig): readonly Diagnostic[] {
  const { ring_degree: ring, ulysses_degree: ulysses } = mesh;
  const own = schemeOfMesh(mesh);
  // One rank exchanges nothing, whichever scheme is named.
  if (ring * ulysses === 1) return [];
  return attention.flatMap(({ scheme, origin }) => {
    if (scheme === "gather" || scheme === own) return [];
    const params = {
      where: origin.pointer,
      scheme: quote(scheme),
      needs: NEEDS[scheme],
      own: quote(own),
      ring,
      ulysses,
    };
    return [diagnose(planMessages.schemeOfOtherMesh, params, { span: origin.span ?? undefined })];
  });
}

const NEEDS: Readonly<Record<MeshScheme, string>> = {
  ulysses: "a ring_degree of 1",
  ring: "a ulysses_degree of 1",
  unified: "both degrees above 1",
};
