/**
 * @file The operator table as text: every operator with its factor maps in letters, and the results of its rule mutants.
 */
import { viewOf } from "../../compiler/operators/infer.ts";
import type { Axis, FactorMap } from "../../compiler/operators/types.ts";
import { graphOf } from "./build.ts";
import { CASES, tableOf, type Case } from "./check.ts";
import { EQUIVALENTS } from "./equivalents.ts";
import type { Fate, Tried } from "./mutation.ts";

const LETTERS = "abcdefghijklmnopqrstuvwxyz";

const KINDS = { sum: "summed", mean: "averaged", max: "the largest", min: "the smallest", prod: "multiplied" } as const;

/** `(a, b, c), (a, c, d) -> (a, b, d); c summed`. A whole axis is `*`, an axis of extent 1 is `1`. */
function textOf(map: FactorMap): string {
  const whole = (f: number): boolean => map.factors[f]?.kind === "along";
  const used = [...new Set([...map.inputs, ...map.outputs].flatMap((axes) => axes?.flatMap(members) ?? []))];
  const followed = used.filter((f) => !whole(f));
  const letter = (f: number): string => (whole(f) ? "*" : (LETTERS[followed.indexOf(f)] ?? `f${f}`));
  const axisText = (axis: Axis): string => {
    const letters = members(axis).map(letter);
    if (letters.every((l) => l === "*") && letters.length > 0) return "*";
    if ("joined" in axis) return `[${letters.join(" | ")}]`;
    return letters.length === 0 ? "1" : letters.join(" ");
  };
  const valueText = (axes: readonly Axis[] | null): string =>
    axes === null ? "-" : `(${axes.map(axisText).join(", ")})`;
  const inputs = map.inputs.filter((axes, i) => axes !== null || map.inputs.slice(i).some((x) => x !== null));
  const reduced = followed.flatMap((f) => {
    const { kind } = map.factors[f]!;
    return kind === "free" || kind === "along" ? [] : [`; ${letter(f)} ${KINDS[kind]}`];
  });
  return `${inputs.map(valueText).join(", ") || "-"} -> ${map.outputs.map(valueText).join(", ")}${reduced.join("")}`;
}

function members(axis: Axis): readonly number[] {
  return "product" in axis ? axis.product : axis.joined;
}

function mapOf({ domain, op, sample }: Case): FactorMap | null {
  const graph = graphOf(domain, op, sample);
  const node = graph.nodes.at(-1);
  const rule = tableOf(domain)[op];
  return node === undefined || rule === undefined
    ? null
    : rule.factors(viewOf(node, { ...graph, declared: (v) => graph.shapes.get(v) ?? null }));
}

const operatorOf = ({ name }: Case): string => name.replace(/ \d+$/, "");

/** The operators, those of the same maps in one row. */
export function operatorTable(): string {
  const texts = new Map<string, Set<string>>();
  for (const test of CASES) {
    const map = mapOf(test);
    const known = texts.get(operatorOf(test)) ?? new Set();
    texts.set(operatorOf(test), map === null ? known : known.add(textOf(map)));
  }
  const rows = new Map<string, string[]>();
  for (const [op, maps] of texts) {
    const text = [...maps].map((t) => `\`${t}\``).join("<br>");
    rows.set(text, [...(rows.get(text) ?? []), op]);
  }
  const lines = [...rows].map(([text, ops]) => `| ${ops.join(", ")} | ${text.replaceAll("|", "\\|")} |`);
  return [
    "# Operators",
    "",
    "What the compiler knows of operators, in full: `compiler/operators/`. This page is made from that table and from its samples;",
    "a test keeps it fresh (`npx vitest run test/operators -u` writes it). A letter is a factor: an axis, or one of several that make up an axis, that may be split over the ranks; `a b` is a",
    "product of two, outer and inner; `[a | b]` are two laid end to end; `*` must be whole; `1` has one element. A factor that is summed,",
    "averaged, or reduced to its largest or smallest is combined between ranks where every operand that has it is split.",
    "An operator that is not here passes where all that it reads is whole, and is refused by name (CP4023) where something is split.",
    "",
    "| operators | operands -> results, in each form of the samples |",
    "|---|---|",
    ...lines,
    "",
  ].join("\n");
}

const WORDS: readonly (readonly [Fate, string])[] = [
  ["shape", "other shapes or types than those of ONNX Runtime"],
  ["outcome", "a split refused that is exact, or followed that is refused"],
  ["verifier", "a sharded graph that contradicts itself"],
  ["value", "a wrong value on some rank"],
  ["crash", "no program, by an internal error or a program that does not run"],
  ["equivalent", "nothing: the same in other words"],
  ["survived", "not found"],
];

/** Counts of a run over all mutants. */
export function mutantTable(tried: readonly Tried[]): string {
  const ways = [...new Set(tried.map(({ way }) => way))].sort();
  const count = (list: readonly Tried[], fate: Fate): number => list.filter((t) => t.fate === fate).length;
  const rows = ways.map((way) => {
    const own = tried.filter((t) => t.way === way);
    const equivalent = count(own, "equivalent");
    return `| ${way} | ${own.length} | ${own.length - equivalent - count(own, "survived")} | ${equivalent} | ${count(own, "survived")} |`;
  });
  const found = WORDS.map(([fate, words]) => `| ${words} | ${count(tried, fate)} |`);
  return [
    "# Mutants of the operator rules",
    "",
    "`npm run table` alters every rule in every way below, and runs the checks of its samples: the shapes against ONNX Runtime, and a split of",
    "every operand axis over 2 and 3 ranks, simulated. Rules that several operators share are altered once for each sample. A mutant is",
    "equivalent where it says the same in other words (which of two whole axes; the extent of an axis that no result has): see `meaningOf` in",
    "`test/operators/mutators.ts`. A few more are named one by one in `equivalents.ts` beside it, and counted as equivalent:",
    "",
    ...EQUIVALENTS.map(({ why, mutants }) => `- ${mutants.length}: ${why}.`),
    "",
    "| way | mutants | found | equivalent | not found |",
    "|---|---|---|---|---|",
    ...rows,
    `| all | ${tried.length} | ${tried.length - count(tried, "equivalent") - count(tried, "survived")} | ${count(tried, "equivalent")} | ${count(tried, "survived")} |`,
    "",
    "| found by | mutants |",
    "|---|---|",
    ...found,
    "",
  ].join("\n");
}
