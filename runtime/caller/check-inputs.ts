/**
 * @file Checks the feeds and fetches of a run against the program, before anything is dispatched: all mistakes at once. Knows no rank.
 */
import { inputMessages } from "../../compiler/diagnostics/catalog/inputs.ts";
import { diagnose, settle } from "../../compiler/diagnostics/diagnose.ts";
import { suggest } from "../../compiler/diagnostics/suggest.ts";
import type { Diagnostic, Result } from "../../compiler/diagnostics/types.ts";
import type { Program, ProgramTensor } from "../../program/types.ts";
import type { OrtTensor } from "../../ort/session.ts";
import { checkLengths, type Lengths } from "../../program/lengths.ts";
import { byteSize, isTensorLike, knownElem, showDims, tensorOf, viewBytes } from "../tensor.ts";

export type Feeds = Readonly<Record<string, unknown>>;

/** Feeds that fit the program, in its order, and the lengths that they give. */
export interface CheckedInputs {
  readonly feeds: ReadonlyMap<string, OrtTensor>;
  readonly lengths: Lengths;
}

export function checkInputs(program: Program, feeds: Feeds): Result<CheckedInputs> {
  const found = program.inputs.map((input) => ({
    name: input.name,
    result: checkFeed(input, given(feeds, input.name)),
  }));
  const known = new Map(found.flatMap(({ name, result }) => (result.ok ? [[name, result.value] as const] : [])));
  const { lengths, diagnostics: broken } = checkLengths(program, (input) => known.get(input)?.dims);
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
function checkFeed({ name, elem, dims }: ProgramTensor, feed: unknown): Result<OrtTensor> {
  const wrong = (diagnostic: Diagnostic): Result<OrtTensor> => ({ ok: false, diagnostics: [diagnostic] });
  if (feed === undefined) return wrong(diagnose(inputMessages.missing, { name, elem, shape: showDims(dims) }));
  if (!isReadable(feed)) return wrong(diagnose(inputMessages.notTensor, { name, found: describe(feed) }));
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
  return settle(tensorOf(elem, [...feed.dims], bytes), []);
}

/** onnxruntime's `Tensor` throws on access where its data is not on the CPU or has been disposed of. */
function isReadable(feed: unknown): feed is Parameters<typeof viewBytes>[0] {
  try {
    return isTensorLike(feed);
  } catch {
    return false;
  }
}

function describe(feed: unknown): string {
  if (feed === null) return "null";
  if (Array.isArray(feed)) return "an array";
  if (ArrayBuffer.isView(feed)) return "bare data";
  return typeof feed === "object" ? "an object without readable tensor data" : `a ${typeof feed}`;
}
