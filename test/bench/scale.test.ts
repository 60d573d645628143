/**
 * @file The page of the simulation at scale says which simulated speedups are close to the published ones, and which are not. The simulation
 * itself takes minutes: `npm run scale`.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { scaleFigure } from "../../bench/scale/figure.ts";
import { scalePage } from "../../bench/scale/page.ts";
import type { Row, Simulated } from "../../bench/scale/simulate.ts";
import { PUBLISHED } from "../../bench/scale/stated.ts";

/** Rows that take as long as published, the last of them `factor` times that. */
function rows(factor: number): readonly Row[] {
  return PUBLISHED.map(({ mesh, seconds }, i): Row => {
    const milliseconds = (1000 * seconds) / 40 / (i === PUBLISHED.length - 1 ? 1 / factor : 1);
    const parts = { work: milliseconds, exchange_inside: 0, exchange_between: 0, waiting: 0 };
    const memory = { rank: 1, weights: 1, unsized: 0 };
    return { ...mesh, sent: [1e9], sent_between_hosts: [0], collectives: 1, memory, milliseconds, parts };
  });
}

const simulated = (rack: number, hosts: number): Simulated => {
  return { flops: 2e15, rows: [rows(rack), rows(hosts)], beyond: rows(1).at(-1)!, others: [] };
};

test("the page names what is further than 15 % from the published row, and nothing else", () => {
  const page = scalePage(simulated(1.1, 1.25));
  expect(page).toContain("On one NVL72 rack every simulated speedup is within 15 %");
  expect(page).toContain("On hosts of 8 these are further than 15 % from the published row: 64 devices (-20.0 %).");
  expect(page).toContain("| 8 | batch 2 x ring 1 x ulysses 4 | 7.25 | 7.25 | +0.0 % | 7.25 | +0.0 % |");
});

test("the figure has a bar of each network for each number of devices", () => {
  const figure = scaleFigure(simulated(1, 1));
  expect(figure.match(/fill="#4c78a8"/g)).toHaveLength(1 + 2 * PUBLISHED.length);
});

test("the committed page is of the published row that the code states", () => {
  const page = readFileSync("docs/scale.md", "utf8");
  for (const { seconds } of PUBLISHED) expect(page).toContain(`| ${(PUBLISHED[0]!.seconds / seconds).toFixed(2)} |`);
});
