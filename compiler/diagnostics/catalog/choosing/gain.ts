/**
 * @file Warnings about plans that are exact and give little. Codes CP4600-4699.
 */
import type { Catalog } from "../catalog.ts";

interface Whole {
  readonly module: string;
  /** Of these products, from 0 to 1. */
  readonly share: number;
}

/** Modules that a message names. */
const NAMED = 6;

export const gainMessages: Catalog<{
  mostlyWhole: { split: number; work: number; whole: readonly Whole[]; lengths: Readonly<Record<string, number>> };
}> = {
  mostlyWhole: {
    code: "CP4601",
    severity: "warning",
    title: "Plan that leaves most of the work to every rank",
    message: ({ split, work, whole, lengths }) => {
      const at = Object.entries(lengths).map(([name, length]) => `${name} = ${length}`);
      const where = at.length === 0 ? "" : ` at ${at.join(", ")}`;
      const named = whole
        .slice(0, NAMED)
        .map(({ module, share }) => `${module === "" ? '""' : module} (${percent(share)})`);
      const more = whole.length > named.length ? ` and ${whole.length - named.length} more` : "";
      const modules = named.length === 0 ? "" : `: ${named.join(", ")}${more}`;
      return `ranks share only ${percent(split)} of the products whose rows become queries or outputs (of all work, with attention: ${percent(work)})${where}; every rank repeats the rest${modules}`;
    },
    hint: () =>
      "split what these modules read as well: onnx-cp inspect --module NAME shows their inputs, and onnx-cp init infers a plan and says what it leaves whole",
  },
};

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
