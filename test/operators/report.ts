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

const KINDS = {
  sum: "summed",
  mean: "averaged",
  max: "the largest",
  min: "the smallest",
  prod: "multiplied",
  norm: "reduced to the norm",
} as const;

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
    "The complete operator knowledge of the compiler (`compiler/operators/`). This page is generated from the operator table and its samples;",
    "a test compares it (`npx vitest run test/operators -u` writes it). A letter is a factor that may be split over the ranks: an axis, or one of",
    "several that form an axis. `a b` is a product of two factors, outer and inner; `[a | b]` is a concatenation of two; `*` must be whole; `1` has one",
    "element. A factor that is summed, averaged, multiplied, or reduced to its largest, smallest or norm is combined between ranks if every operand that has",
    "it is split. An operator that is not listed is accepted if all its inputs are whole. If an input is split, it is refused by name (CP4023).",
    "",
    "| operators | operands -> results, for each sample |",
    "|---|---|",
    ...lines,
    "",
  ].join("\n");
}

const WORDS: readonly (readonly [Fate, string])[] = [
  ["shape", "shapes or types that differ from those of ONNX Runtime"],
  ["outcome", "an exact split that is refused, or an inexact split that is accepted"],
  ["verifier", "an inconsistent sharded graph"],
  ["value", "a wrong value on some rank"],
  ["crash", "an internal error of the compiler, or a program that does not run"],
  ["equivalent", "nothing: equivalent to the rule"],
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
    "`npm run table` mutates every rule in every way below, and runs the checks of its samples: shapes are compared with those of ONNX Runtime, and a",
    "split of every operand axis is simulated on 2 and 3 ranks. A rule that several operators share is mutated once for each sample. A mutant is",
    "equivalent if it has the same meaning as the rule (for example, it exchanges two whole axes, or changes the extent of an axis that no result has):",
    "see `meaningOf` in `test/operators/mutators.ts`. These further mutants are listed individually in `test/operators/equivalents.ts` and counted as",
    "equivalent:",
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
