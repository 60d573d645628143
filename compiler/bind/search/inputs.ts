/**
 * @file Finds parameters of modules without markers: by rank and type, lineage to the graph input of that name, role in the module,
 * similarity to sibling blocks, elimination. A choice is unique or none.
 */
import type { CanonicalGraph } from "../../ir/types.ts";
import { bindValues } from "../../diagnostics/catalog/bind.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import type { Boundary } from "../boundaries/boundaries.ts";
import {
  fits,
  hasKind,
  hasLengthOf,
  isContent,
  isExplained,
  isMadeIn,
  isResidual,
  isShared,
  roleOf,
  type Axes,
} from "./candidates.ts";
import { behaviourOf, expectedOf, mayBe, sayBehaviour } from "./behaviour.ts";
import { ABSENT, nameOf, type Context, type Place, type Verdict } from "../context.ts";
import { describe, pasteFixes, pasteLine, sayOrigin } from "../describe.ts";
import { whereOf } from "./known.ts";
import { isContextName, isStateName, kindByName, mayNameStream, namesMask } from "../parameter-names.ts";
import { sideByName, sidesOf } from "../boundaries/sides.ts";
import { descendsFrom, type GraphIndex } from "../../ir/graph-index.ts";

/** Evidence from sibling modules: roles of the value that the parameter has there, and roles of values that it is not. */
export interface Roles {
  readonly own: ReadonlySet<string>;
  readonly other: ReadonlySet<string>;
  /** The values themselves. */
  readonly values: ReadonlySet<string>;
  /** Inputs of the model that entries of the plan split. */
  readonly split: ReadonlySet<string>;
}

/** A parameter to find. */
export interface Question {
  readonly module: string;
  readonly parameter: string | null;
  readonly spec: Axes;
}

export interface Choice {
  /** Remaining values; the parameter is found if there is exactly one. */
  readonly pool: readonly Boundary[];
  /**
   * `strong`: found by its name's lineage, reliable enough to judge siblings by. `doubtful`: the state of a block, which has another name
   * as far as can be decided; not taken, but reported.
   */
  readonly strength: "strong" | "weak" | "doubtful";
}

export const NO_ROLES: Roles = { own: new Set(), other: new Set(), values: new Set(), split: new Set() };

const NOTHING: Choice = { pool: [], strength: "weak" };

/** The candidates of a single parameter, narrowed by every rule that applies. */
export function choose(place: Question, taken: ReadonlySet<string>, roles: Roles, context: Context): Choice {
  const { module, spec } = place;
  const parameter = place.parameter ?? "";
  const { graph, boundaries } = context;
  const siblings = context.siblings(module);
  const free = boundaries.of(module).inputs.filter(({ value }) => !taken.has(value));
  const fitting = free.filter((b) => fits(b, parameter, spec, graph));
  const hasRoot = graph.inputs.some(({ name }) => name === parameter);
  const owned = fitting.filter(({ owner }) => owner === parameter);
  const reached = fitting.filter(({ owner, ancestors }) => owner === null && ancestors.has(parameter));
  const role = (b: Boundary): string => roleOf(b, module, boundaries.index);
  const alike = fitting.filter((b) => roles.own.has(role(b)));
  const expected = expectedOf(parameter);
  const unnamed = unnamedIn(fitting, parameter, graph);
  const start = (hasRoot ? [alike, owned, reached] : [alike, unnamed]).find((pool) => pool.length > 0) ?? [];
  const pool = narrow(start, [
    (b) => hasRoot && hasLengthOf(b, parameter, spec.dim, graph),
    (b) => roles.own.has(role(b)),
    (b) => !isMadeIn(b, siblings),
    (b) => isStateName(parameter) && isResidual(b),
    (b) => namesMask(parameter) && [...b.ancestors].some(namesMask),
    (b) => sideByName(parameter, sidesOf(module, boundaries.index))?.right.has(b.value) === true,
    (b) => !hasRoot && expected === "stream" && behaviourOf(b, graph) === "stream",
  ]);
  const [only] = pool;
  const sides = alike.length > 0 ? null : sideByName(parameter, sidesOf(module, boundaries.index));
  const rightSide = fitting.filter((b) => sides?.right.has(b.value) && isContent(b));
  const contradicts = only === undefined || sides?.wrong.has(only.value);
  if (pool.length < 2 && rightSide.length > 0 && contradicts)
    return { pool: doubted(only, rightSide), strength: "doubtful" };
  if (pool.length > 1 && pool.every((b) => isShared(b, module, siblings, boundaries.index))) return NOTHING;
  if (pool.length !== 1 || only === undefined) return { pool, strength: "weak" };
  if (roles.own.size > 0 && !roles.own.has(role(only)) && isDecoy(only, role(only), roles, boundaries.index))
    return NOTHING;
  const isMisnamed = !hasRoot && roles.own.size === 0 && !mayBe(behaviourOf(only, graph), expected);
  if (isMisnamed) return { pool, strength: "doubtful" };
  // The state of a block is known by its usual names, by a name that says nothing else, or by inputs that have the name of the other side; `temb` may belong to a parameter that was folded.
  const isOther = isContextName(parameter) && [...only.ancestors].every(isContextName);
  const isDoubtful = !hasRoot && roles.own.size === 0 && isResidual(only) && !mayNameStream(parameter) && !isOther;
  // A value made by a sibling block is judged by what that block uses itself.
  const isStrong = owned.length > 0 && !isMadeIn(only, siblings);
  return { pool, strength: isDoubtful ? "doubtful" : isStrong ? "strong" : "weak" };
}

/** A name that leads to one value outside and means another by convention. */
function doubted(named: Boundary | undefined, byConvention: readonly Boundary[]): readonly Boundary[] {
  return named === undefined ? byConvention : [...byConvention, named];
}

/**
 * Candidates for a parameter that is no input of the model: without values that clearly are another parameter, and without block content
 * for a mask.
 */
function unnamedIn(fitting: readonly Boundary[], parameter: string, graph: CanonicalGraph): readonly Boundary[] {
  const free = fitting.filter((b) => !isExplained(b, parameter, graph));
  // A module may call its state by any of the usual names, whatever the model calls it.
  if (isStateName(parameter)) {
    const states = fitting.filter(isResidual);
    if (states.length > 0 && !free.some(isResidual)) return states;
    return free.length > 0 ? free : fitting;
  }
  if (expectedOf(parameter) === "table") {
    const tables = fitting.filter((b) => behaviourOf(b, graph) === "table");
    return tables.length > 0 ? tables : tablesAmong(free, graph);
  }
  return kindByName(parameter) === "any" ? free.filter((b) => !isContent(b) && mayBeMask(b, graph)) : free;
}

/** A mask is made from one: where the model has inputs that are masks, a value of none of them is something else. */
function mayBeMask({ ancestors }: Boundary, { inputs }: CanonicalGraph): boolean {
  return [...ancestors].some(namesMask) || !inputs.some(({ name }) => namesMask(name));
}

/** An export may have folded a table: what is left is then none. */
function tablesAmong(candidates: readonly Boundary[], graph: CanonicalGraph): readonly Boundary[] {
  return candidates.filter((b) => mayBe(behaviourOf(b, graph), "table"));
}

/**
 * A single candidate that a sibling uses for something else; or one that a sibling derived from its parameter and this module shares: it
 * has the same role as there.
 */
function isDecoy(candidate: Boundary, role: string, roles: Roles, index: GraphIndex): boolean {
  if (roles.other.has(role)) return true;
  return !isResidual(candidate) && descendsFrom(candidate.value, roles.values, index);
}

/** Groups of values with equal rank and type, as the members of a list-valued parameter have. */
function similarGroups(
  place: Place,
  taken: ReadonlySet<string>,
  { graph, boundaries }: Context,
): readonly Boundary[][] {
  const free = boundaries.of(place.module).inputs.filter(({ value }) => !taken.has(value));
  const parameter = place.parameter ?? "";
  const unexplained = free.filter((b) => fits(b, parameter, place.spec, graph) && !isExplained(b, parameter, graph));
  const fitting = expectedOf(parameter) === "table" ? tablesAmong(unexplained, graph) : unexplained;
  const looks = (b: Boundary): string => JSON.stringify([b.shape, [...b.ancestors].sort()]);
  const alike = new Map<string, Boundary[]>();
  for (const b of fitting) alike.set(looks(b), [...(alike.get(looks(b)) ?? []), b]);
  return [...alike.values()];
}

/** The verdict for a single parameter. */
export function judge(place: Place, { pool, strength }: Choice, roles: Roles, context: Context): Verdict {
  const [only] = pool;
  if (only === undefined) return otherRank(place, roles, context) ?? ABSENT;
  return pool.length === 1 && strength !== "doubtful"
    ? { value: only.value, evidence: "inferred" }
    : undecided(place, pool, roles, context);
}

/**
 * The verdict for the members of a list: the only group of that size with equal rank and type. A single group of another size is a list of
 * that length; with fewer values than members, the list is absent.
 */
export function judgeList(places: readonly Place[], taken: ReadonlySet<string>, context: Context): readonly Verdict[] {
  const [place] = places;
  if (place === undefined) return [];
  const groups = similarGroups(place, taken, context);
  const count = place.spec.count ?? places.length;
  // A single value is not a list of one while other values match the list's members.
  const tuples = groups.filter((group) => group.length > 1);
  const [list, ...others] = (tuples.length > 0 ? tuples : groups).filter((group) => group.length === count);
  const same = new Set(places.map(({ spec }) => JSON.stringify([spec.dim, spec.expectedDims]))).size === 1;
  const isFound = list !== undefined && others.length === 0;
  if (isFound && same) return places.map((_, i) => ({ value: list[i]!.value, evidence: "inferred" }));
  if (isFound) return places.map((each) => undecided(each, list, NO_ROLES, context));
  const [found, ...more] = tuples;
  if (list === undefined && found !== undefined && more.length === 0) return places.map(() => otherCount(place, found));
  const pool = groups.flat();
  return places.map((each) => (pool.length < count ? ABSENT : undecided(each, pool, NO_ROLES, context)));
}

function otherCount(place: Place, list: readonly Boundary[]): Verdict {
  const related = list.map((boundary) => describe(boundary, place.module));
  const where = nameOf({ ...place, index: null });
  const params = { where, specs: place.spec.count ?? 1, values: list.length };
  return { error: diagnose(bindValues.listCount, params, { ...whereOf(place), related }) };
}

/** The value exists under its name, but its rank differs from the expected one: the caller leaves it whole. */
function otherRank(place: Place, roles: Roles, context: Context): Verdict {
  const { module, parameter, spec } = place;
  if (parameter === null || spec.expectedDims === null) return null;
  const owned = context.boundaries
    .of(module)
    .inputs.filter((b) => b.owner === parameter && hasKind(b, parameter, context.graph));
  // What a sibling derived from its parameter is another value, unless this module uses it in the same way.
  const isSame = (b: Boundary): boolean => roles.own.has(roleOf(b, module, context.boundaries.index));
  const here = owned.filter((b) => isSame(b) || !isMadeIn(b, context.siblings(module)));
  const [only] = here;
  return here.length === 1 && only !== undefined ? { value: only.value, evidence: "inferred" } : null;
}

/** Says of each candidate what is known, and offers those that may be the parameter and are not split by another entry. */
function undecided(place: Place, pool: readonly Boundary[], { split }: Roles, { graph }: Context): Verdict {
  const parameter = place.parameter ?? "";
  const expected = expectedOf(parameter);
  const isSplit = ({ owner }: Boundary): boolean => owner !== null && owner !== parameter && split.has(owner);
  const related = pool.map((boundary) => {
    const { message, ...rest } = describe(boundary, place.module);
    const already = isSplit(boundary) ? ", which another entry splits" : "";
    return {
      ...rest,
      message: `${message}; ${sayOrigin(boundary)}${already}; ${sayBehaviour[behaviourOf(boundary, graph)]}`,
    };
  });
  const offered = pool.filter((b) => mayBe(behaviourOf(b, graph), expected) && !isSplit(b));
  const candidates = pasteFixes(
    place,
    offered.map(({ value }) => value),
  );
  const line = offered[0] === undefined ? null : pasteLine(place, offered[0].value);
  const params = { where: nameOf(place), count: pool.length, line, candidates };
  return { error: diagnose(bindValues.ambiguousInput, params, { ...whereOf(place), related }) };
}

/** Applies the rules in order until one candidate is left; a rule that would exclude all is skipped. */
function narrow(pool: readonly Boundary[], rules: readonly ((b: Boundary) => boolean)[]): readonly Boundary[] {
  return rules.reduce((left, rule) => {
    if (left.length <= 1) return left;
    const kept = left.filter(rule);
    return kept.length > 0 ? kept : left;
  }, pool);
}
