/**
 * @file Checks the feeds and fetches of a run against the program, before anything is dispatched: all mistakes at once. Knows no rank.
 */
import { inputMessages } from "../../compiler/diagnostics/catalog/inputs.ts";
import { diagnose, settle } from "../../compiler/diagnostics/diagnose.ts";
import { suggest } from "../../compiler/diagnostics/suggest.ts";
import type { Diagnostic, Result } from "../../compiler/diagnostics/types.ts";
import type { Program, ProgramTensor } from "../../program/types.ts";
import type { OrtTensor } from "../../ort/session.ts";
import { elementsIn } from "../../ort/tensors.ts";
import { checkLengths, type Lengths } from "../../program/lengths.ts";
import { describeValue, isRecord } from "../describe.ts";
import {
  byteSize,
  isDims,
  isGone,
  isTensorLike,
  knownElem,
  partsOf,
  showDims,
  tensorOf,
  viewBytes,
} from "../tensor.ts";

export type Feeds = Readonly<Record<string, unknown>>;

/** Feeds that fit the program, in its order, and the lengths that they give. */
export interface CheckedInputs {
  readonly feeds: ReadonlyMap<string, OrtTensor>;
  readonly lengths: Lengths;
}

/** `feeds` is whatever the caller gave. */
export function checkInputs(program: Program, feeds: unknown): Result<CheckedInputs> {
  if (!isRecord(feeds)) {
    return { ok: false, diagnostics: [diagnose(inputMessages.noFeeds, { found: describe(feeds) })] };
  }
  const found = program.inputs.map((input) => ({
    name: input.name,
    result: checkFeed(input, given(feeds, input.name)),
  }));
  const known = new Map(found.flatMap(({ name, result }) => (result.ok ? [[name, result.value] as const] : [])));
  const { lengths, diagnostics: broken } = checkLengths(
    program,
    (input) => known.get(input)?.dims,
    (input, from, to) => elementsIn(known.get(input), from, to),
  );
  const diagnostics = [
    ...unknownNames(program, feeds),
    ...found.flatMap(({ result }) => result.diagnostics),
    ...broken,
  ];
  return settle({ feeds: known, lengths }, diagnostics);
}

/** Names of outputs that do not exist. */
export function checkFetches(program: Program, names: readonly string[]): readonly Diagnostic[] {
  const known = program.outputs.map(({ name }) => name);
  return names
    .filter((name) => !known.includes(name))
    .map((name) => diagnose(inputMessages.unknownOutput, { name, nearest: suggest(name, known), known }));
}

function unknownNames(program: Program, feeds: Feeds): readonly Diagnostic[] {
  const known = program.inputs.map(({ name }) => name);
  const missing = known.filter((name) => given(feeds, name) === undefined);
  return Object.keys(feeds)
    .filter((name) => !known.includes(name))
    .map((name) => diagnose(inputMessages.unknown, { name, nearest: suggest(name, missing), known }));
}

function given(feeds: Feeds, name: string): unknown {
  return Object.hasOwn(feeds, name) ? feeds[name] : undefined;
}

/** One feed on its own: that it is there, a tensor, of the right type and number of axes, with as much data as its shape says. */
function checkFeed({ name, elem, dims }: ProgramTensor, given: unknown): Result<OrtTensor> {
  const wrong = (diagnostic: Diagnostic): Result<OrtTensor> => ({ ok: false, diagnostics: [diagnostic] });
  if (given === undefined) return wrong(diagnose(inputMessages.missing, { name, elem, shape: showDims(dims) }));
  const feed: unknown = readOnce(given);
  if (!isTensorLike(feed)) return wrong(diagnose(inputMessages.notTensor, { name, found: describe(given) }));
  if (ArrayBuffer.isView(feed.data) && isGone(feed.data)) return wrong(diagnose(inputMessages.gone, { name }));
  if (feed.type !== elem) return wrong(diagnose(inputMessages.elem, { name, expected: elem, actual: feed.type }));
  const actual = showDims(feed.dims);
  if (feed.dims.length !== dims.length) {
    const params = { name, expected: showDims(dims), expectedRank: dims.length, actual, actualRank: feed.dims.length };
    return wrong(diagnose(inputMessages.rank, params));
  }
  const bytes = viewBytes(feed);
  if (bytes === null) return wrong(diagnose(inputMessages.notTensor, { name, found: `a tensor without ${elem} data` }));
  const expected = byteSize(knownElem(elem), feed.dims);
  if (bytes.byteLength !== expected) {
    return wrong(diagnose(inputMessages.data, { name, expected, actual: bytes.byteLength, shape: actual, elem }));
  }
  return settle(tensorOf(elem, feed.dims, bytes), []);
}

/** The parts of a feed as they are now: getters, and lists that are proxies, may give something else later, or throw. */
function readOnce(given: unknown): ReturnType<typeof partsOf> {
  const { dims, ...others } = partsOf(given);
  try {
    return { dims: Array.isArray(dims) ? Array.from<unknown>(dims) : dims, ...others };
  } catch {
    return others;
  }
}

function describe(feed: unknown): string {
  if (ArrayBuffer.isView(feed)) return "bare data";
  if (typeof feed !== "object" || feed === null || Array.isArray(feed)) return describeValue(feed);
  const dims: unknown = partsOf(feed).dims;
  if (isDims(dims) || !Array.isArray(dims)) return "an object without readable tensor data";
  return `an object with the dims [${Array.from<unknown>(dims).map(describeValue).join(", ")}]`;
}
