/**
 * @file The models section of docs/support.md from measurements: a table for each model, and the remarks that fit no row. Measures nothing.
 */
import { schemeName } from "../attention/schemes.ts";
import type { Export } from "../support/exports.ts";
import { ONE_LENGTH, exporters, fixed, notExported, parities, type Exporter } from "./absent.ts";
import { batchSchemes, modelSchemes, type Row } from "./models.ts";
import { number } from "./page.ts";

export interface Measured extends Export {
  readonly rows: readonly Row[];
}

/** Whether 2 and 4 ranks get equal parts of every length. */
function parityOf(split: readonly number[]): "even" | "uneven" | "uneven at 4" {
  if (split.some((length) => length % 2 !== 0)) return "uneven";
  return split.some((length) => length % 4 !== 0) ? "uneven at 4" : "even";
}

export function modelsSection(all: readonly Measured[]): string {
  const models = [...new Set(all.map(({ model }) => model))];
  return models
    .map((model) =>
      tableOf(
        model,
        all.filter((one) => one.model === model),
      ),
    )
    .join("\n");
}

/** A line for each export with a batch of 2. */
export function batchSection(all: readonly Measured[]): string {
  const names = batchSchemes.map(schemeName);
  const rows = all.flatMap(({ model, exporter, rows: measured }) =>
    measured.map(({ size, torch, cells }) => {
      return `| ${[model, exporter, size, ...names.map((name) => cells[name]), number(torch)].join(" | ")} |`;
    }),
  );
  return [
    "### Batch of 2",
    "",
    `| model | exporter | lengths | ${names.join(" | ")} | torch |`,
    `|---|---|---|${names.map(() => "---|").join("")}---|`,
    ...rows,
    "",
  ].join("\n");
}

function tableOf(model: string, all: readonly Measured[]): string {
  const names = modelSchemes.map(schemeName);
  const rows = all.flatMap(({ exporter, rows: measured }) =>
    measured.map(({ size, split, torch, cells }) => {
      const lengths = `${size}; ${split.join(" + ")}, ${parityOf(split)}`;
      return `| ${[exporter, lengths, ...names.map((name) => cells[name]), number(torch)].join(" | ")} |`;
    }),
  );
  return [
    `### ${model}`,
    "",
    ...(fixed[model] === undefined ? [] : [fixed[model], ""]),
    `| exporter | lengths; split | ${names.join(" | ")} | torch |`,
    `|---|---|${names.map(() => "---|").join("")}---|`,
    ...rows,
    "",
    ...absences(model, all),
  ].join("\n");
}

/** A line for each exporter and kind of length of which there is no row. */
function absences(model: string, all: readonly Measured[]): readonly string[] {
  const lines = exporters.flatMap((exporter) => {
    const reason = notExported[model]?.[exporter];
    if (reason !== undefined) return [`- ${exporter}: not exported; ${reason}.`];
    return parities
      .filter((parity) => !has(all, exporter, parity))
      .map((parity) => `- ${exporter}, ${parity}: ${lengthReason(model, exporter, parity)}.`);
  });
  return lines.length === 0 ? [] : [...lines, ""];
}

function has(all: readonly Measured[], exporter: Exporter, parity: (typeof parities)[number]): boolean {
  const rows = all.filter((one) => one.exporter === exporter).flatMap((one) => one.rows);
  return rows.some(({ split }) => (parityOf(split) === "even") === (parity === "even"));
}

function lengthReason(model: string, exporter: Exporter, parity: string): string {
  if (exporter.endsWith("static")) return ONE_LENGTH;
  if (model === "qwenimage-zero") return "every export fixes the image's length, which is odd";
  if (model === "helios") return "the coarsest history has 2 tokens, which 2 ranks divide and 4 do not";
  if (model === "minimax_h3") return "the longer samples have 166 rows, which 2 ranks divide and 4 do not";
  throw new Error(`${model} has no ${parity} row for ${exporter}, and no reason for that is known`);
}
