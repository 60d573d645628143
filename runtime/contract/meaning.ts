/**
 * @file What a program of the right shape may still get wrong: names that nothing defines, numbers that do not fit each other. Each check
 * is one function in an ordered list, and takes time in proportion to the program. Reads no file.
 */
import { PEER, RANK, isCut, startsIn, symbolsOf } from "../../compiler/expr/expr.ts";
import type { Expr } from "../../compiler/expr/expr.ts";
import { ranksOf } from "../../program/mesh.ts";
import { partsOver } from "../../program/shares.ts";
import { WEIGHTS_FILE } from "../../program/types.ts";
import type { ProgramProbe } from "../../program/types.ts";
import { verifyProgram } from "../../program/verify.ts";
import { LIMITS } from "./limits.ts";
import type { Document } from "./shape.ts";

type Check = (document: Document) => readonly string[];

/** What is wrong; empty if nothing is. Later checks rely on what earlier ones found to be well: the first that finds anything ends it. */
export function problemsOf(document: Document): readonly string[] {
  for (const check of checks) {
    const problems = check(document);
    if (problems.length > 0) return problems;
  }
  return [];
}

const checks: readonly Check[] = [
  meshTooLarge,
  namesTwice,
  lengthsWithoutSource,
  namesUnknown,
  cutsMisplaced,
  probesUnfit,
  integersOfOtherSize,
  piecesUnlisted,
  verifyProgram,
];

function meshTooLarge({ mesh }: Document): readonly string[] {
  const ranks = ranksOf(mesh);
  return ranks <= LIMITS.ranks ? [] : [`it is for ${ranks} ranks; the limit is ${LIMITS.ranks}`];
}

function namesTwice(document: Document): readonly string[] {
  const values = [...document.inputs.map(({ name }) => name), ...Object.keys(document.derived)];
  return [
    ...twice("value", values),
    ...twice(
      "output",
      document.outputs.map(({ name }) => name),
    ),
    ...twice("length", [...document.lengths.map(({ name }) => name), RANK, PEER]),
    ...twice(
      "piece",
      document.pieces.map(({ id }) => id),
    ),
  ];
}

function twice(what: string, names: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return names.flatMap((name) => (seen.has(name) ? [`the ${what} ${name} is defined twice`] : (seen.add(name), [])));
}

function lengthsWithoutSource({ lengths, inputs }: Document): readonly string[] {
  const ranks = new Map(inputs.map(({ name, dims }) => [name, dims.length]));
  const carried = new Set(lengths.filter(({ sources }) => sources.length > 0).map(({ name }) => name));
  return lengths.flatMap(({ name, sources, count }) => {
    if (count !== undefined && !ranks.has(count.input))
      return [`the length ${name} is counted in ${count.input}, which is no input`];
    if (count !== undefined && [count.from, count.to].flatMap(symbolsOf).some((length) => !carried.has(length)))
      return [`the length ${name} is counted between places that no axis determines`];
    if (sources.length === 0 && count === undefined) return [`the length ${name} has no source`];
    return sources.flatMap(({ input, axis }) =>
      axis < (ranks.get(input) ?? 0)
        ? []
        : [`the length ${name} is read from ${input} axis ${axis}, which does not exist`],
    );
  });
}

function namesUnknown(document: Document): readonly string[] {
  const lengths = new Set(document.lengths.map(({ name }) => name));
  const unknown = (where: string, exprs: readonly Expr[], also: readonly string[] = []): readonly string[] =>
    [...new Set(exprs.flatMap(symbolsOf))]
      .filter((name) => !lengths.has(name) && !also.includes(name))
      .map((name) => `${where} uses the length ${name}, which does not exist`);
  return [
    ...document.inputs.flatMap(({ name, dims }) => unknown(`the input ${name}`, dims)),
    ...document.outputs.flatMap(({ name, dims }) => unknown(`the output ${name}`, dims)),
    ...document.equations.flatMap(({ left, right }, i) => unknown(`equation ${i}`, [left, right])),
    ...document.minimums.flatMap(({ length }, i) => unknown(`minimum ${i}`, [length])),
    ...Object.entries(document.derived).flatMap(([name, { elements }]) =>
      unknown(`the value ${name}`, elements, [RANK]),
    ),
    ...document.steps.flatMap((step, i) =>
      step.kind === "collective" ? step.transfers.flatMap(({ dims }) => unknown(`step ${i}`, dims, [RANK, PEER])) : [],
    ),
    ...probesOf(document).flatMap(({ what, reads }) =>
      reads.flatMap(({ name, dims }) => unknown(`${what}'s ${name}`, dims, [RANK])),
    ),
  ];
}

/** Only what a rank computes may depend on where chunks begin, and each cut has as many chunks as the mesh has ranks along its axis. */
function cutsMisplaced(document: Document): readonly string[] {
  const { mesh, inputs, outputs, lengths, equations, minimums, derived, steps } = document;
  const shapes = [
    ...[...inputs, ...outputs].flatMap(({ dims }) => dims),
    ...equations.flatMap(({ left, right }) => [left, right]),
    ...minimums.map(({ length }) => length),
    ...lengths.flatMap(({ count }) => (count === undefined ? [] : [count.from, count.to])),
  ];
  const cuts = [
    ...Object.values(derived).flatMap(({ elements }) => elements),
    ...steps.flatMap((step) => (step.kind === "collective" ? step.transfers.flatMap(({ dims }) => dims) : [])),
    ...probesOf(document).flatMap(({ reads }) => reads.flatMap(({ dims }) => dims)),
  ].flatMap(startsIn);
  return [
    ...(shapes.some(isCut)
      ? ["what a run checks of its feeds, or the shape of an output, depends on the cut of a length"]
      : []),
    ...cuts
      .filter(({ axis, parts }) => parts !== partsOver(axis, mesh))
      .slice(0, 1)
      .map(({ axis, parts }) => `a length is cut into ${parts} parts over ${partsOver(axis, mesh)} ranks (${axis})`),
  ];
}

interface NamedProbe extends ProgramProbe {
  readonly what: string;
}

function probesOf({ probe, trials }: Document): readonly NamedProbe[] {
  const probes = probe === null ? [] : [{ ...probe, what: "the probe" }];
  return [...probes, ...trials.map((trial, i) => ({ ...trial, what: `trial ${i}` }))];
}

/** A probe is a step of a piece, with every value that the step reads. */
function probesUnfit(document: Document): readonly string[] {
  const { steps, derived } = document;
  return probesOf(document).flatMap(({ what, step: index, reads }) => {
    const step = steps[index];
    if (step?.kind !== "piece") return [`${what} is step ${index}, which runs no piece`];
    const known = new Set([...reads.map(({ name }) => name), ...Object.keys(derived)]);
    return Object.values(step.inputs)
      .filter((name) => !known.has(name))
      .map((name) => `${what} does not state the shape of ${name}`);
  });
}

function integersOfOtherSize({ derived }: Document): readonly string[] {
  return Object.entries(derived).flatMap(([name, { dims, elements }]) => {
    const size = dims.reduce((a, b) => a * b, 1);
    return size === elements.length ? [] : [`the value ${name} has ${elements.length} elements for a shape of ${size}`];
  });
}

/** What is not listed would be loaded without a check of its content. */
function piecesUnlisted({ pieces, files }: Document): readonly string[] {
  const needed = pieces.flatMap(({ file, weights }) => (weights === "program" ? [file, WEIGHTS_FILE] : [file]));
  return [...new Set(needed)]
    .filter((file) => !Object.hasOwn(files, file))
    .map((file) => `it lists no size and sha256 of its file ${file}`);
}
