/**
 * @file Writes the page of the benchmark and its plots next to the results. Measures nothing.
 */
import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import { cases, workloads } from "../cases.ts";
import type { Case } from "../cases.ts";
import type { Results } from "../results.ts";
import { page } from "./page.ts";
import { dotPlot } from "./plot.ts";
import type { PlotRow } from "./plot.ts";

/** Sides with a dot in the plots. */
const SERIES = ["native", "binding"] as const;

/** `stem` without an ending: `docs/performance` gives docs/performance.md and docs/performance-WORKLOAD.svg. */
export function writePage(stem: string, results: Results): void {
  for (const [file, text] of Object.entries(pageFiles(stem, results))) writeFileSync(file, text);
}

/** The text of every file by path. */
export function pageFiles(stem: string, results: Results): Readonly<Record<string, string>> {
  const plots = workloads.flatMap(({ name, title }) => {
    const rows = rowsOf(name, results);
    return rows.length === 0 ? [] : [{ name, file: `${stem}-${name}.svg`, text: dotPlot(title, SERIES, rows) }];
  });
  const links = Object.fromEntries(plots.map(({ name, file }) => [name, basename(file)]));
  return {
    [`${stem}.md`]: page(results, links),
    ...Object.fromEntries(plots.map(({ file, text }) => [file, text])),
  };
}

function labelOf({ scheme }: Case): string {
  return scheme.ranks === 1 ? scheme.title : `${scheme.title}, ${scheme.ranks} ranks`;
}

function rowsOf(workload: string, { cases: found }: Results): readonly PlotRow[] {
  return cases.flatMap((one) => {
    const result = found[one.name];
    if (one.workload.name !== workload || result === undefined) return [];
    const dots = SERIES.flatMap((side) => {
      const ratios = result.sides[side]?.ratios;
      return ratios === undefined ? [] : [[side, { time: ratios.milliseconds, memory: ratios.peak_pss }] as const];
    });
    return [{ label: labelOf(one), dots: Object.fromEntries(dots) }];
  });
}
