/**
 * @file Finds the value of every place that the plan names, in the order of evidence. Knows the order, not the rules.
 */
import { bindNames } from "../../diagnostics/catalog/bind.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import type { Diagnostic } from "../../diagnostics/types.ts";
import { roleOf } from "./candidates.ts";
import { groupBy } from "../../group.ts";
import { placesOf, type Context, type Found, type Place, type Verdict, type Want } from "../context.ts";
import { judgeElements } from "./elements.ts";
import { choose, judge, judgeList, type Roles } from "./inputs.ts";
import { findKnown, misspelt, whereOf } from "./known.ts";
import { findOutputs } from "./outputs.ts";
import { oncePerSpec, type Fault } from "../notes.ts";
import { familyOf } from "../../ir/module-paths.ts";

export interface Findings {
  /** A want without an entry has an error in the diagnostics. */
  readonly found: ReadonlyMap<Want, Found>;
  readonly diagnostics: readonly Diagnostic[];
}

/** Verdicts so far; a missing place is still open. */
type Verdicts = Map<Place, Verdict>;

type ByModule = ReadonlyMap<string, readonly Place[]>;

export function findValues(wants: readonly Want[], context: Context): Findings {
  const places = placesOf(wants);
  const verdicts: Verdicts = new Map();
  for (const place of places) settleAt(verdicts, place, findKnown(place, context));
  const open = (): readonly Place[] => places.filter((place) => !verdicts.has(place));
  for (const [place, error] of misspelt(open(), context)) verdicts.set(place, { error });
  renamedInputs(places, verdicts, context);
  const outputs = groupBy(
    places.filter(({ side }) => side === "output"),
    ({ module }) => module,
  );
  for (const all of outputs.values()) {
    const group = all.filter((place) => !verdicts.has(place));
    if (group.length === 0) continue;
    const taken = takenIn(group, outputs, verdicts);
    for (const [place, verdict] of findOutputs(group, taken, context)) settleAt(verdicts, place, verdict);
  }
  findInputs(places, open(), verdicts, context);
  return collect(places, verdicts);
}

/**
 * First the parameters whose state leads to a value, then those with a graph input of their name, then the rest by elimination; sibling
 * blocks are compared in between. Roles that markers and `value` fix in one block count for all of them.
 */
function findInputs(places: readonly Place[], open: readonly Place[], verdicts: Verdicts, context: Context): void {
  const inputs = groupBy(
    places.filter(({ side }) => side === "input"),
    ({ module }) => module,
  );
  const families = groupBy([...inputs.values()].flat(), familyKey);
  const roots = new Set(context.graph.inputs.map(({ name }) => name));
  const singles = open.filter(({ index }) => index === null);
  for (const place of singles) {
    const roles = rolesOf(families.get(familyKey(place)) ?? [], verdicts, context);
    const choice = choose(place, takenIn([place], inputs, verdicts), roles, context);
    if (choice.strength === "strong") verdicts.set(place, judge(place, choice, roles, context));
  }
  for (const isNamed of [true, false]) {
    for (const place of singles.filter((p) => !verdicts.has(p) && roots.has(p.parameter ?? "") === isNamed)) {
      const roles = rolesOf(families.get(familyKey(place)) ?? [], verdicts, context);
      const choice = choose(place, takenIn([place], inputs, verdicts), roles, context);
      verdicts.set(place, judge(place, choice, roles, context));
    }
  }
  const lists = open.filter(({ index }) => index !== null);
  for (const group of groupBy(lists, ({ module, parameter }) => `${parameter}:${module}`).values()) {
    const byElement = judgeElements(group, takenIn(group, inputs, verdicts), context);
    const verdictsOf = byElement ?? judgeList(group, takenIn(group, inputs, verdicts), context);
    for (const [i, verdict] of verdictsOf.entries()) settleAt(verdicts, group[i], verdict);
  }
}

/** Roles of the values already found for this parameter in sibling modules, and of those modules' other inputs. */
function rolesOf(family: readonly Place[], verdicts: Verdicts, { graph, boundaries }: Context): Roles {
  const own = new Set<string>();
  const other = new Set<string>();
  const values = new Set<string>();
  for (const place of family) {
    const value = valueAt(verdicts, place);
    if (value === null) continue;
    values.add(value);
    for (const b of boundaries.of(place.module).inputs) {
      (b.value === value ? own : other).add(roleOf(b, place.module, boundaries.index));
    }
  }
  return { own, other, values, split: splitInputs(verdicts, graph) };
}

/** Inputs of the model that the plan splits, by whichever module. */
function splitInputs(verdicts: Verdicts, { inputs }: Context["graph"]): ReadonlySet<string> {
  const names = new Set(inputs.map(({ name }) => name));
  const isSplit = (place: Place): boolean => place.spec.action === "split" && names.has(valueAt(verdicts, place) ?? "");
  return new Set([...verdicts.keys()].filter(isSplit).map((place) => valueAt(verdicts, place)!));
}

/** Values that other places of the same module have; `byModule` covers inputs or outputs. */
function takenIn(group: readonly Place[], byModule: ByModule, verdicts: Verdicts): ReadonlySet<string> {
  const others = (byModule.get(group[0]?.module ?? "") ?? []).filter((place) => !group.includes(place));
  return new Set(others.map((p) => valueAt(verdicts, p)).filter((value) => value !== null));
}

/** If no parameter of the root is an input of the model, the exporter has renamed them: list the inputs that exist. */
function renamedInputs(places: readonly Place[], verdicts: Verdicts, { graph }: Context): void {
  const inputs = places.filter(({ module, side }) => module === "" && side === "input");
  const [first] = inputs;
  if (first === undefined || inputs.some((place) => verdicts.has(place))) {
    for (const place of inputs) if (!verdicts.has(place)) verdicts.set(place, { value: null, evidence: "absent" });
    return;
  }
  const parameters = inputs.map(({ parameter }) => parameter ?? "");
  const params = { parameters, inputs: graph.inputs.map(({ name }) => name) };
  for (const place of inputs) verdicts.set(place, null);
  verdicts.set(first, { error: diagnose(bindNames.unknownInputs, params, whereOf(first, "key")) });
}

function settleAt(verdicts: Verdicts, place: Place | undefined, verdict: Verdict): void {
  if (place !== undefined && verdict !== null) verdicts.set(place, verdict);
}

function valueAt(verdicts: Verdicts, place: Place): string | null {
  const verdict = verdicts.get(place);
  return verdict !== undefined && verdict !== null && "value" in verdict ? verdict.value : null;
}

function familyKey({ module, parameter }: Place): string {
  return `${parameter}:${familyOf(module)}`;
}

function collect(places: readonly Place[], verdicts: Verdicts): Findings {
  const found = new Map<Want, Found>();
  const faults: Fault[] = [];
  // An error about a list is reported for each of its members.
  const said = new Set<string>();
  for (const place of places) {
    const verdict = verdicts.get(place) ?? null;
    if (verdict === null) continue;
    if ("error" in verdict) {
      const { code, message } = verdict.error;
      if (!said.has(code + message)) faults.push({ ...place, error: verdict.error });
      said.add(code + message);
    } else for (const want of place.wants) found.set(want, verdict);
  }
  return { found, diagnostics: oncePerSpec(faults) };
}
