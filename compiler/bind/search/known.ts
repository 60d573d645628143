/**
 * @file Certain evidence: markers of the export, `value` in the plan, names of graph inputs, order of graph outputs.
 */
import type { CanonicalGraph, Marker } from "../../ir/types.ts";
import { bindNames, bindValues } from "../../diagnostics/catalog/bind.ts";
import { diagnose, type Where } from "../../diagnostics/diagnose.ts";
import type { Diagnostic } from "../../diagnostics/types.ts";
import { suggest } from "../../diagnostics/suggest.ts";
import { ABSENT, nameOf, outputsSeen, type Context, type Place, type Verdict, type Want } from "../context.ts";
import { isQualified, nearMiss } from "../parameter-names.ts";

export function findKnown(place: Place, context: Context): Verdict {
  return (
    byMarker(place, context) ?? byValue(place, context) ?? oneForList(place, context.graph) ?? byRoot(place, context)
  );
}

function byMarker(place: Place, context: Context): Verdict {
  const { module, side, parameter, index, spec } = place;
  const named = context.markers(module, side).filter((m) => side === "output" || m.parameter === parameter);
  const elements = side === "input" ? named.filter((m) => m.index !== null).length : 0;
  if (elements > 0 && spec.count === null) {
    return { error: diagnose(bindValues.notAList, { where: nameOf(place), values: elements }, whereOf(place)) };
  }
  if (elements > 0 && spec.count !== elements) {
    const params = { where: nameOf({ ...place, index: null }), specs: spec.count ?? 1, values: elements };
    return { error: diagnose(bindValues.listCount, params, whereOf(place)) };
  }
  const wrongCount = side === "output" ? miscounted(place, named, context) : null;
  if (wrongCount !== null) return wrongCount;
  const marker = named.find((m) => (side === "output" ? (m.index ?? 0) === index : m.index === index));
  if (marker === undefined) return null;
  const value = valueIn(place);
  if (value !== null && value !== marker.value) {
    const params = { value, where: nameOf(place), marked: marker.value };
    return { error: diagnose(bindNames.contradictedValue, params, whereOf(place)) };
  }
  // Values that became numbers computed from lengths, or dead code, are not tensors that could be split.
  const isTensor = context.graph.shapes.has(marker.value) && !context.graph.integers.has(marker.value);
  return isTensor ? { value: marker.value, evidence: "marker" } : ABSENT;
}

/** A list has one spec per output. Markers identify the outputs that a plan named; the module may have more, as far as they are used. */
function miscounted(place: Place, markers: readonly Marker[], context: Context): Verdict {
  const { module, spec } = place;
  const marked = Math.max(0, ...markers.map(({ index }) => (index ?? 0) + 1));
  if (marked === 0 || spec.count === null) return null;
  const outputs = Math.max(marked, outputsSeen(module, context));
  if (spec.count >= marked && spec.count <= outputs) return null;
  const params = { module, specs: spec.count, outputs, values: markers.map(({ value }) => value) };
  return { error: diagnose(bindValues.outputCount, params, whereOf(place)) };
}

function byValue(place: Place, context: Context): Verdict {
  const value = valueIn(place);
  if (value === null) return null;
  const { module, side } = place;
  const { graph, boundaries } = context;
  const bounds = boundaries.of(module);
  const known = (side === "input" ? bounds.inputs : bounds.outputs).map((b) => b.value);
  const isConstantRead =
    side === "input" &&
    graph.constants.has(value) &&
    boundaries.index.inside(module).some((node) => node.inputs.includes(value));
  // All nodes are inside the root, so it has no boundary that could hide a value: an entry there acts for every reader.
  const isInRoot = module === "" && graph.shapes.has(value) && !graph.integers.has(value);
  if (known.includes(value) || isConstantRead || isInRoot) return { value, evidence: "value" };
  const where = nameOf(place);
  const error = graph.shapes.has(value)
    ? diagnose(bindNames.foreignValue, { value, where, side, known }, whereOf(place))
    : diagnose(bindNames.unknownValue, { value, where, suggestion: suggest(value, known), known }, whereOf(place));
  return { error };
}

function byRoot(place: Place, context: Context): Verdict {
  if (place.module !== "") return null;
  return place.side === "input" ? rootInput(place, context) : rootOutput(place, context);
}

function rootInput(place: Place, { graph }: Context): Verdict {
  const { parameter, index, spec } = place;
  const names = graph.inputs.map(({ name }) => name);
  if (index === null) return names.includes(parameter ?? "") ? { value: parameter, evidence: "graph input" } : null;
  // Exporters flatten a list into inputs named after it with a number.
  const elements = elementsOf(parameter ?? "", graph);
  if (elements.length === 0) return null;
  if (elements.length !== spec.count) {
    const params = { where: nameOf({ ...place, index: null }), specs: spec.count ?? 1, values: elements.length };
    return { error: diagnose(bindValues.listCount, params, whereOf(place)) };
  }
  const value = elements.find((name) => elementOf(name, parameter ?? "") === index);
  return value === undefined ? null : { value, evidence: "graph input" };
}

/**
 * The inputs of the model that are elements of the list `parameter`: `image_rotary_emb_0`, `image_rotary_emb_1`. Numbers that do not count
 * from 0 are names of siblings (`norm_1`, `norm_2`) or of a list with members missing: which is which cannot be told.
 */
export function elementsOf(parameter: string, { inputs }: CanonicalGraph): readonly string[] {
  const names = inputs.map(({ name }) => name);
  // An input of that very name is the parameter, and the others are not its elements.
  const elements = names.includes(parameter) ? [] : names.filter((name) => elementOf(name, parameter) !== null);
  const numbers = new Set(elements.map((name) => elementOf(name, parameter)));
  return elements.every((_, i) => numbers.has(i)) ? elements : [];
}

/** A single spec for what the model passes as a list, as its inputs show. */
function oneForList(place: Place, graph: CanonicalGraph): Verdict {
  const { parameter, index } = place;
  if (index !== null || parameter === null || graph.inputs.some(({ name }) => name === parameter)) return null;
  const elements = elementsOf(parameter, graph);
  if (elements.length === 0) return null;
  const params = { where: nameOf(place), values: elements.length };
  return { error: diagnose(bindValues.notAList, params, whereOf(place)) };
}

/** The position of the input `name` in the list `list`, or `null`. */
export function elementOf(name: string, list: string): number | null {
  const match = name.startsWith(list) ? /^[._](0|[1-9]\d*)$/.exec(name.slice(list.length)) : null;
  return match === null ? null : Number(match[1]);
}

function rootOutput(place: Place, { graph }: Context): Verdict {
  const { spec } = place;
  const { outputs } = graph;
  if (spec.count !== null && spec.count !== outputs.length) {
    const params = { module: "", specs: spec.count, outputs: outputs.length, values: outputs };
    return { error: diagnose(bindValues.outputCount, params, whereOf(place)) };
  }
  const index = place.index ?? 0;
  const value = outputs[index];
  if (value === undefined) {
    const params = { module: "", index, outputs: outputs.length, values: outputs };
    return { error: diagnose(bindValues.outputIndex, params, whereOf(place)) };
  }
  return { value, evidence: outputs.length === 1 ? "only output" : "inferred" };
}

/**
 * Errors for parameters without certain evidence whose names are close to names of the model, and for a root of which no parameter is
 * known.
 */
export function misspelt(places: readonly Place[], context: Context): ReadonlyMap<Place, Diagnostic> {
  const inputs = context.graph.inputs.map(({ name }) => name);
  const known = new Set([
    ...inputs,
    ...context.graph.markers.flatMap((m) => (m.parameter === null ? [] : [m.parameter])),
  ]);
  const errors = new Map<Place, Diagnostic>();
  for (const place of places) {
    const { parameter, module } = place;
    if (parameter === null || known.has(parameter) || elementsOf(parameter, context.graph).length > 0) continue;
    // A block has names of its own: what the model calls `text_states_t5` may be its `text_states`.
    const suggestion = nearMiss(
      parameter,
      module === "" ? known : [...known].filter((name) => !isQualified(name, parameter)),
    );
    if (suggestion === null) continue;
    errors.set(place, diagnose(bindNames.unknownParameter, { parameter, module, suggestion }, whereOf(place, "key")));
  }
  return errors;
}

/** Where the spec of a place was written, or its key. Without a module, it is about all that its pattern matches. */
export function whereOf({ spec, module }: Partial<Want> & Pick<Want, "spec">, what: "spec" | "key" = "spec"): Where {
  const { side, parameter, index, origin } = spec;
  const { span, keySpan } = origin;
  return {
    span: (what === "key" ? keySpan : null) ?? span ?? undefined,
    ...(module === undefined ? {} : { about: { place: { module, side, parameter, index } } }),
  };
}

function valueIn({ wants }: Place): string | null {
  return wants.find(({ spec }) => spec.value !== null)?.spec.value ?? null;
}
