/**
 * @file The figure of the simulation at scale: for each number of devices and each network a bar of device time, cut into its parts, and a line
 * at the published one. Knows no file.
 */
import { ranksOf } from "../../program/mesh.ts";
import type { Row, Simulated } from "./simulate.ts";
import { NETWORKS, PUBLISHED } from "./stated.ts";

const COLOURS = [
  ["work", "work", "#4c78a8"],
  ["exchange_inside", "exchange inside", "#f2a541"],
  ["exchange_between", "between hosts", "#d1495b"],
  ["waiting", "waiting", "#9a9a9a"],
] as const;

const [LEFT, TOP, HEIGHT, GROUP, BAR, MOST] = [48, 34, 220, 92, 30, 2.4];

export function scaleFigure({ rows }: Simulated): string {
  const width = LEFT + GROUP * PUBLISHED.length + 10;
  const groups = PUBLISHED.map(({ mesh, seconds }, i) => {
    const x = LEFT + GROUP * i + 10;
    const published = (ranksOf(mesh) * seconds) / PUBLISHED[0]!.seconds;
    const bars = rows.map((all, n) => bar(all[i]!, all[0]!, x + n * (BAR + 6)));
    const line = `<line x1="${x - 4}" x2="${x + 2 * BAR + 10}" y1="${y(published)}" y2="${y(published)}" stroke="#000" stroke-width="2"/>`;
    return [...bars, line, text(x + BAR + 3, TOP + HEIGHT + 16, `${ranksOf(mesh)}`, "middle")].join("\n");
  });
  const axis = [0, 0.5, 1, 1.5, 2].map(
    (value) =>
      `<line x1="${LEFT}" x2="${width - 6}" y1="${y(value)}" y2="${y(value)}" stroke="#ddd"/>\n${text(LEFT - 6, y(value) + 4, String(value), "end")}`,
  );
  const legend = COLOURS.map(
    ([, label, colour], i) =>
      `<rect x="${LEFT + i * 120}" y="8" width="12" height="12" fill="${colour}"/>\n${text(LEFT + i * 120 + 16, 18, label, "start")}`,
  );
  const note = `black line: published; left bar: ${NETWORKS[0].name}, right bar: ${NETWORKS[1].name}; devices below`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${TOP + HEIGHT + 44}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    ...legend,
    ...axis,
    ...groups,
    text(LEFT, TOP + HEIGHT + 36, note, "start"),
    "</svg>",
    "",
  ].join("\n");
}

/** Device time relative to that of one device. */
function bar(row: Row, one: Row, x: number): string {
  let below = 0;
  return COLOURS.map(([part, , colour]) => {
    const value = (row.parts[part] * ranksOf(row)) / one.milliseconds;
    const top = y(below + value);
    const rect = `<rect x="${x}" y="${top}" width="${BAR}" height="${(y(below) - top).toFixed(1)}" fill="${colour}"/>`;
    below += value;
    return rect;
  }).join("\n");
}

function y(value: number): number {
  return Number((TOP + HEIGHT * (1 - value / MOST)).toFixed(1));
}

function text(x: number, at: number, content: string, anchor: "start" | "middle" | "end"): string {
  return `<text x="${x}" y="${at}" text-anchor="${anchor}">${content}</text>`;
}
