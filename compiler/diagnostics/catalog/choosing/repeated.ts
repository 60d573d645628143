/**
 * @file Why an exact plan leaves work to every rank. Code CP4026.
 */
import type { Message } from "../../diagnose.ts";
import { list } from "../../words.ts";

/** An input of the model that has the rows, and the axis that has them, if one has. */
interface Source {
  readonly name: string;
  readonly axis: number | null;
}

interface Repeated {
  /** What every rank repeats, as patterns; `share` of the unsplit model's work, from 0 to 1. */
  readonly modules: readonly string[];
  readonly share: number;
  readonly kind: "gathered" | "whole" | "rowless";
  /** The plan entry that gathers what they read, or that splits their results. */
  readonly entry: string | null;
  readonly inputs: readonly Source[];
}

export const repeatedWork: Message<Repeated> = {
  code: "CP4026",
  severity: "note",
  title: "Work that every rank repeats",
  message: (p) =>
    `every rank computes all of ${named(p.modules)}, ${Math.round(p.share * 100)} % of the work: ${reasonOf(p)}`,
  hint: ({ modules, kind, inputs }) => {
    if (kind === "gathered") return `gather after ${named(modules)} instead, so that each rank has its own rows there`;
    if (kind === "rowless") return "nothing to write: this work does not grow with a sequence";
    const splits = inputs.flatMap(({ name, axis }) => (axis === null ? [] : [`"${name}": { "split_dim": ${axis} }`]));
    return splits.length > 0
      ? `to share it, add ${splits.join(", ")} under ""`
      : "split what these modules read, which onnx-cp inspect --module NAME shows, or see what onnx-cp init splits";
  },
};

/** The module names of a message, of many the first. */
function named(modules: readonly string[]): string {
  const names = modules.slice(0, 4).map((module) => (module === "" ? "nodes of the root module" : `"${module}"`));
  const more = modules.length - names.length;
  return more > 0 ? `${names.join(", ")} and ${more} more` : names.join(", ");
}

function reasonOf({ kind, entry, inputs }: Repeated): string {
  if (kind === "rowless") return "there are no rows that ranks could divide";
  if (kind === "gathered") return `what it reads is gathered by the plan entry ${entry ?? ""}`;
  const from = inputs.length === 0 ? "constants and lengths" : list(inputs.map(({ name }) => name));
  const later = entry === null ? "" : `; the plan entry ${entry} splits the results only afterwards`;
  return `the rows come from ${from}, and are whole here${later}`;
}
