/**
 * @file docs/other-models.md: a row for every export that nobody wrote a plan for. Knows no cell.
 */
import { fileURLToPath } from "node:url";
import { TOO_FEW_HEADS } from "./inferred.ts";
import { schemes, type Tried, type Verified } from "./others.ts";

export const othersPage = fileURLToPath(new URL("../../docs/other-models.md", import.meta.url));

const INTRODUCTION = `# Plans for other models

\`onnx-cp init\` on models that this repository has no plan for. This page is made by

    python tools/export_others.py --out DIR
    python tools/export_others.py --out DIR --exporter torchscript18 NAME...
    OTHERS=DIR npm run inferred:others

The exports are tiny models of classes of diffusers and transformers, with weights from a seed, and are not committed. For each, \`init\` infers a
plan from the file alone, and the simulator compares every value on every rank with the unsplit model, at two sets of lengths where the export is
dynamic; most lengths divide unevenly. A cell has the largest absolute difference, all within the tolerance of \`check --simulate\`, or the code of a
refusal: CP4013 is too few heads for Ulysses. The share of the work that ranks divide and the bytes that a rank sends with two ranks are those of the tiny
model at its last sample.
`;

/** Whether a scheme computes what the unsplit model does: the simulator has compared the difference with its tolerance. */
export function isExact(cell: string): boolean {
  return Number.isFinite(Number(cell));
}

export function othersPageOf(rows: readonly Tried[]): string {
  const planned = rows.filter(({ refused }) => refused === null);
  const table = tableOf(
    ["class", "export", "entries", ...VERIFIED],
    planned.map((row) => [classOf(row.other.model), row.other.name, String(row.entries), ...cellsOf(row)]),
  );
  const shipped = tableOf(
    ["class", "export", ...VERIFIED],
    planned.flatMap(({ other, shipped: own }) =>
      own === null ? [] : [[classOf(other.model), other.name, ...cellsOf(own)]],
    ),
  );
  const reasons = tableOf(
    ["class", "export", "reason"],
    rows.flatMap(({ other, refused }) =>
      refused === null ? [] : [[classOf(other.model), other.name, escaped(refused)]],
    ),
  );
  return `${INTRODUCTION}\n${summary(planned)}\n## Plans\n\n${table}\n${SHIPPED}\n${shipped}\n## No plan\n\n${reasons}`;
}

const VERIFIED = ["work shared", "bytes", ...schemes];

function cellsOf({ share, bytes, cells }: Verified): readonly string[] {
  return [`${(share * 100).toFixed(1)} %`, bytes.toLocaleString("en-US"), ...cells];
}

const SHIPPED = `## Shipped plans

The same for the plans in [plans/](../plans/README.md) of these classes; each is written by hand from the names that \`onnx-cp inspect\` lists.
`;

function summary(planned: readonly Tried[]): string {
  const isDone = ({ cells }: Tried): boolean => cells.every((cell) => isExact(cell) || cell === TOO_FEW_HEADS);
  const classes = (isOwn: (model: string) => boolean): number =>
    new Set(planned.filter((row) => isDone(row) && isOwn(row.other.model)).map(({ other }) => other.model)).size;
  const isTransformers = (model: string): boolean => model.startsWith("transformers.");
  return (
    `A plan that is verified in every scheme that the number of heads allows (${TOO_FEW_HEADS}): ${classes((model) => !isTransformers(model))} classes of ` +
    `diffusers, and ${classes(isTransformers)} of transformers.\n`
  );
}

function classOf(model: string): string {
  return model.split(".").at(-1)!;
}

/** Text inside a cell. */
function escaped(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  return `${line(head)}${line(head.map(() => "---"))}${rows.map(line).join("")}`;
}
