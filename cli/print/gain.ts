/**
 * @file What a plan gives, as the line that says it and as lines with the details. Knows no command.
 */
import type { Gain } from "../../gain/gain.ts";

/** Modules that a line names. */
const NAMED = 4;

/** `plan is exact: 3 of 4 attention sites split, 97 % of the work, 1.2 MB per rank and step` */
export function gainLine({ attention, work, sent }: Gain): string {
  const { sites, split } = attention;
  const facts = [
    sites === 0 ? "no attention site" : `${split} of ${sites} attention site${sites === 1 ? "" : "s"} split`,
    `${percent(work.split)} of the work`,
    ...(sent === null ? [] : [`${bytesText(sent)} per rank and step`]),
  ];
  return `plan is exact: ${facts.join(", ")}`;
}

/** The line of each fact that `gainLine` leaves out; the last one says at which lengths. */
export function gainLines({ lengths, options, work, memory }: Gain): readonly string[] {
  const at = Object.entries(lengths).map(([name, length]) => `${name} = ${length}`);
  const { rank, unsplit } = memory ?? { rank: 0, unsplit: 0 };
  return [
    `each rank: ${percent(work.rank)} of the unsplit model's work; ${repeated(work)}`,
    ...(memory === null ? [] : [`values at the peak: ${bytesText(rank)} per rank, ${bytesText(unsplit)} unsplit`]),
    ...(at.length === 0
      ? []
      : [`at ${at.join(", ")}${options.length === 0 ? "" : `; for yours give ${options.join(" ")}`}`]),
  ];
}

function repeated({ split, whole }: Gain["work"]): string {
  if (split >= 1 - 1e-9) return "nothing is repeated";
  return `${percent(1 - split)} is repeated by every rank${whole.length === 0 ? "" : `: ${wholeText(whole)}`}`;
}

/** `blocks.*.ff (12 %), proj_in (3 %) and 2 more` */
function wholeText(whole: Gain["work"]["whole"]): string {
  const named = whole
    .slice(0, NAMED)
    .map(({ module, share }) => `${module === "" ? '""' : module} (${percent(share)})`);
  const more = whole.length - named.length;
  return `${named.join(", ")}${more === 0 ? "" : ` and ${more} more`}`;
}

/** Never 100 % or 0 % of what is only nearly so. */
function percent(share: number): string {
  const text = (share * 100).toFixed(share > 0.1 && share < 0.99 ? 0 : 1);
  if (share < 1 && text === "100.0") return "over 99.9 %";
  return `${share > 0 && text === "0.0" ? "under 0.1" : text.replace(/\.0$/, "")} %`;
}

const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

function bytesText(bytes: number): string {
  const unit = Math.min(UNITS.length - 1, bytes === 0 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const size = bytes / 1000 ** unit;
  return `${unit === 0 || size >= 100 ? size.toFixed(0) : Number(size.toPrecision(2))} ${UNITS[unit] ?? ""}`;
}
