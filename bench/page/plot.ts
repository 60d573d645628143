/**
 * @file A dot plot as SVG: one row per measured side, one panel for time and one for memory, both relative to the plain session. Knows
 * numbers and labels, no result.
 */

export interface PlotRow {
  readonly label: string;
  /** Ratios to the plain session by series; `null` where there is none. */
  readonly dots: Readonly<Record<string, { readonly time: number; readonly memory: number | null }>>;
}

const COLORS = ["#1b6ca8", "#d1701f", "#6a9a3b", "#8a5aa8"];
const SIZE = { row: 24, label: 230, panel: 300, gap: 40, top: 62, bottom: 30 };
const FONT = 'font-family="sans-serif" font-size="12"';

type Measure = "time" | "memory";
const panels: Readonly<Record<Measure, string>> = {
  time: "time of a run / plain session",
  memory: "peak memory (PSS) / plain session",
};

/** Every series has one colour, in the order of `series`. */
export function dotPlot(title: string, series: readonly string[], rows: readonly PlotRow[]): string {
  const width = SIZE.label + 2 * SIZE.panel + SIZE.gap + 20;
  const height = SIZE.top + rows.length * SIZE.row + SIZE.bottom;
  const body = [
    `<rect width="${width}" height="${height}" fill="white"/>`,
    text(10, 20, title, 'font-weight="bold"'),
    ...legend(series),
    ...rows.map(({ label }, i) => text(SIZE.label - 10, yOf(i) + 4, label, 'text-anchor="end"')),
    ...panel("time", SIZE.label, series, rows),
    ...panel("memory", SIZE.label + SIZE.panel + SIZE.gap, series, rows),
  ];
  const box = `viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${box} ${FONT}>\n${body.join("\n")}\n</svg>\n`;
}

function legend(series: readonly string[]): readonly string[] {
  let x = SIZE.label;
  return series.flatMap((name, i) => {
    const at = x;
    x += 30 + 7 * name.length;
    return [dot(at, 36, i), text(at + 9, 40, name)];
  });
}

function panel(measure: Measure, left: number, series: readonly string[], rows: readonly PlotRow[]): readonly string[] {
  const found = rows.flatMap(({ dots }) => Object.values(dots).flatMap((one) => one[measure] ?? []));
  const step = stepFor(Math.max(1, ...found));
  const most = step * Math.ceil(Math.max(1, ...found) / step + 0.2);
  const x = (ratio: number): number => left + (SIZE.panel * ratio) / most;
  const bottom = SIZE.top + rows.length * SIZE.row;
  const ticks = Array.from({ length: Math.round(most / step) + 1 }, (_, i) => i * step);
  return [
    ...ticks.map((at) => line(x(at), bottom, at === 1 ? "#333" : "#ddd")),
    ...ticks.map((at) => text(x(at), bottom + 16, String(Number(at.toFixed(2))), 'text-anchor="middle" fill="#555"')),
    text(left, SIZE.top - 8, panels[measure], 'fill="#555"'),
    ...rows.flatMap(({ dots }, row) =>
      series.flatMap((name, i) => {
        const ratio = dots[name]?.[measure] ?? null;
        return ratio === null ? [] : [dot(x(ratio), yOf(row), i)];
      }),
    ),
  ];
}

/** At most about eight ticks. */
function stepFor(most: number): number {
  return [0.25, 0.5, 1, 2, 5, 10].find((step) => most / step <= 7) ?? most;
}

function yOf(row: number): number {
  return SIZE.top + (row + 0.5) * SIZE.row;
}

function line(x: number, bottom: number, color: string): string {
  return `<line x1="${at(x)}" x2="${at(x)}" y1="${SIZE.top}" y2="${bottom}" stroke="${color}"/>`;
}

function dot(x: number, y: number, series: number): string {
  return `<circle cx="${at(x)}" cy="${at(y)}" r="5" fill="${COLORS[series % COLORS.length]}" fill-opacity="0.85"/>`;
}

function text(x: number, y: number, content: string, rest: string = ""): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${at(x)}" y="${at(y)}"${rest === "" ? "" : ` ${rest}`}>${escaped}</text>`;
}

function at(coordinate: number): string {
  return String(Number(coordinate.toFixed(1)));
}
