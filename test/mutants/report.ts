/**
 * @file Writes docs/mutants.md from the results of the long run. Judges nothing.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { countsOf, faultsOf, LABELS, OUTCOMES, type Finding } from "./findings.ts";
import type { Results } from "./results.ts";

const COUNTED = ["mutants", ...LABELS, ...OUTCOMES, "onRanks"] as const;
const HEADINGS = COUNTED.map((name) => (name === "onRanks" ? "also ran on ranks" : name));

/** `all` is the number of mutants that there are. */
export function writeReport({ digest }: Results, findings: readonly Finding[], all: number): void {
  const parts = [
    intro(digest, findings, all),
    section("All", findings, () => "all"),
    section("By mutation", findings, ({ kind }) => kind),
    section("By label", findings, ({ label }) => label),
    section("By mesh", findings, ({ mesh }) => mesh),
    section("By model", findings, ({ family }) => family),
    refusals(findings),
    faults(findings),
  ];
  writeFileSync(new URL("../../docs/mutants.md", import.meta.url), `${parts.join("\n\n")}\n`);
}

function intro(digest: string, findings: readonly Finding[], all: number): string {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as Versioned;
  const runtime = createRequire(import.meta.url)("onnxruntime-node/package.json") as Versioned;
  return `# Mutants

This page reports mutation tests of plans and feeds. A mutant is a correct plan, or correct feeds, with one change. The expected outcome follows
from the mutation and from the meaning of plans ([semantics.md](semantics.md)), not from the result of the compiler:

| label | expected outcome |
|---|---|
| must-run | runs correctly: the mutant means the same as the plan, or alignment covers a removed entry |
| must-refuse | refused: the result would be wrong, or the mutant names something that does not exist |
| either | refused or correct: the meaning of the plan does not decide which |

Every mutant is compiled for a mesh. A mutant that compiles is simulated on all ranks, and every value of every rank is compared with
the unsplit model; **ran** means that all agree. A subset, selected by name, also runs on worker threads through the runtime, and its
outputs are compared with those of the unsplit model in ONNX Runtime; both comparisons must have the same result. **Refused** is an error of the
catalogue. **Wrong** is a value that differs without an error, **crashed** an exception outside the catalogue, **hung** a run that does not end.

The run writes this page:

    npm run mutants                        the first of 25 parts
    MUTANTS_PART=2/25 npm run mutants      another part; results accumulate, and an interrupted run resumes

onnx-context-parallel ${version}, onnxruntime-node ${runtime.version}, Node.js ${process.versions.node}; state of the sources
\`${digest}\`; ${findings.length} of ${all} mutants.`;
}

interface Versioned {
  readonly version: string;
}

function section(title: string, findings: readonly Finding[], key: (finding: Finding) => string): string {
  const keys = [...new Set(findings.map(key))];
  const rows = keys.map((name) => {
    const counts = countsOf(findings.filter((finding) => key(finding) === name));
    return [name, ...COUNTED.map((counted) => counts[counted])];
  });
  return `## ${title}\n\n${table(["", ...HEADINGS], rows)}`;
}

function refusals(findings: readonly Finding[]): string {
  const codes = findings.filter(({ outcome }) => outcome === "refused").map(({ why }) => why.slice(0, "CP0000".length));
  const counts = [...new Set(codes)].sort().map((code) => [code, codes.filter((other) => other === code).length]);
  return `## Refusals by first code\n\n${table(["code", "mutants"], counts)}`;
}

function faults(findings: readonly Finding[]): string {
  const lines = faultsOf(findings);
  return `## Unexpected outcomes\n\n${lines.length === 0 ? "None." : lines.map((line) => `- ${line}`).join("\n")}`;
}

function table(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;
  return [line(headings), `|${"---|".repeat(headings.length)}`, ...rows.map(line)].join("\n");
}
