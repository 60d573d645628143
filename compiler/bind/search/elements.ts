/**
 * @file Finds the members of a list-valued parameter of a module where the list is an input of the model, which exporters flatten into
 * `NAME_0`, `NAME_1`: each member is searched as a parameter with the name of its element.
 */
import { bindValues } from "../../diagnostics/catalog/bind.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import { ABSENT, nameOf, type Context, type Place, type Verdict } from "../context.ts";
import { choose, judge, NO_ROLES } from "./inputs.ts";
import { elementOf, elementsOf, whereOf } from "./known.ts";

/** One verdict per place, `null` if the model has no such list. A member that the exporter merged into another module is absent. */
export function judgeElements(
  places: readonly Place[],
  taken: ReadonlySet<string>,
  context: Context,
): readonly Verdict[] | null {
  const [first] = places;
  const elements = elementsOf(first?.parameter ?? "", context.graph);
  if (first === undefined || elements.length === 0) return null;
  const { count } = first.spec;
  if (count !== null && count !== elements.length) {
    const params = { where: nameOf({ ...first, index: null }), specs: count, values: elements.length };
    const error = diagnose(bindValues.listCount, params, whereOf(first));
    return places.map(() => ({ error }));
  }
  const used = new Set(taken);
  return places.map((place) => {
    const element = elements.find((name) => elementOf(name, place.parameter ?? "") === place.index) ?? null;
    if (element === null) return ABSENT;
    const question = { ...place, parameter: element };
    const verdict = judge(question, choose(question, used, NO_ROLES, context), NO_ROLES, context);
    if (verdict !== null && "value" in verdict && verdict.value !== null) used.add(verdict.value);
    return verdict;
  });
}
