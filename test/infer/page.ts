/**
 * @file docs/inferred-plans.md: a table of every export, and the plans. Knows no cell.
 */
import { fileURLToPath } from "node:url";
import type { Export } from "../support/exports.ts";
import { compared, schemes, type Costs, type Inferred } from "./inferred.ts";

export const inferredPage = fileURLToPath(new URL("../../docs/inferred-plans.md", import.meta.url));

export interface Row extends Inferred {
  readonly source: Export;
}

const INTRODUCTION = `# Inferred plans

\`npm run inferred\` makes this page. For every committed export, \`onnx-cp init\` infers a plan from the file alone, without a hint, and the
simulator compares every value of its program with the unsplit model, at lengths that divide unevenly.

The first table compares each inferred plan with the plan that is shipped for its family: the bytes that a rank sends in one run (the rank that
sends most), and the share of the floating-point work of products, convolutions and attention that ranks divide. The second one has the largest
difference of any value to the unsplit model. The models are tiny, so bytes and shares say how plans compare, not what a real model costs.
[cli.md](cli.md#init) describes how plans are chosen.
`;

export function pageOf(rows: readonly Row[]): string {
  const costs = table(
    ["export", "lengths", ...compared.map((name) => `bytes, ${name}: shipped`), "share: shipped", "plan"].flatMap(
      (head) => (head.endsWith("shipped") ? [head, "inferred"] : [head]),
    ),
    rows.map((row) => [nameOf(row), row.size, ...pairs(row), `[${row.source.family}](#${row.source.family})`]),
  );
  const proofs = table(
    ["export", ...schemes],
    rows.map((row) => [nameOf(row), ...row.cells]),
  );
  const families = [...new Set(rows.map(({ source }) => source.family))];
  const sections = families.map((family) =>
    planSection(
      family,
      rows.filter(({ source }) => source.family === family),
    ),
  );
  return `${INTRODUCTION}\n## Costs\n\n${summary(rows)}\n${costs}\n## Differences\n\n${proofs}\n## Plans\n\n${sections.join("\n")}`;
}

function summary(rows: readonly Row[]): string {
  const no = rows.filter(({ shipped, inferred }) => inferred.bytes.every((bytes, i) => bytes <= shipped.bytes[i]!));
  const fewer = no.filter(({ shipped, inferred }) => inferred.bytes[0]! < shipped.bytes[0]!);
  const share = rows.filter(({ shipped, inferred }) => inferred.share >= shipped.share);
  return (
    `Of ${rows.length} inferred plans, ${no.length} move no more bytes than the shipped one (${fewer.length} move fewer), and ${share.length} share at least as ` +
    "much of the work.\n"
  );
}

function nameOf({ source }: Row): string {
  return `${source.model} ${source.exporter}`;
}

function pairs({ shipped, inferred }: Row): readonly string[] {
  const share = ({ share: own }: Costs): string => `${(own * 100).toFixed(1)} %`;
  return [
    ...shipped.bytes.flatMap((bytes, i) => [bytes, inferred.bytes[i]!].map((number) => number.toLocaleString("en-US"))),
    share(shipped),
    share(inferred),
  ];
}

/** Each plan of a family once, with the exports for which it was inferred. */
function planSection(family: string, rows: readonly Row[]): string {
  const plans = new Map<string, string[]>();
  for (const row of rows) {
    const text = row.entries.join(",\n");
    plans.set(text, [...(plans.get(text) ?? []), nameOf(row)]);
  }
  const parts = [...plans].map(([text, names]) => `${names.join(", ")}:\n\n\`\`\`json\n${text}\n\`\`\`\n`);
  return `### ${family}\n\n${parts.join("\n")}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  return `${line(head)}${line(head.map(() => "---"))}${rows.map(line).join("")}`;
}
