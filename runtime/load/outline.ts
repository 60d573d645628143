/**
 * @file Whether a JSON document has the outline of a program that this release reads. Knows no folder.
 */
import { programMessages } from "../../compiler/diagnostics/catalog/program.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import { PROGRAM_FORMAT, PROGRAM_VERSION } from "../../program/types.ts";
import type { Program } from "../../program/types.ts";

/** Format and version first: what another format means by a field is not known. */
export function checkDocument(file: string, json: unknown): readonly Diagnostic[] {
  const document: Readonly<Record<string, unknown>> = isRecord(json) ? json : {};
  const { format, version } = document;
  if (format !== PROGRAM_FORMAT) {
    return [diagnose(programMessages.format, { file, expected: PROGRAM_FORMAT, actual: quote(format) })];
  }
  if (major(version) !== major(PROGRAM_VERSION)) {
    const expected = `${major(PROGRAM_VERSION)}.x`;
    return [diagnose(programMessages.version, { file, expected, actual: quote(version) })];
  }
  return Object.entries(fields).flatMap(([field, { expected, holds }]) =>
    holds(document[field]) ? [] : [diagnose(programMessages.shape, { file, field, expected })],
  );
}

interface Field {
  readonly expected: string;
  readonly holds: (value: unknown) => boolean;
}

const list: Field = { expected: "a list", holds: Array.isArray };
const object: Field = { expected: "an object", holds: isRecord };
const degree = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 1;

/** The outline of a program. What is inside comes from our own compiler and is not checked again. */
const fields: Readonly<Record<Exclude<keyof Program, "format" | "version">, Field>> = {
  mesh: {
    expected: "an object with ring_degree and ulysses_degree",
    holds: (value) => isRecord(value) && degree(value["ring_degree"]) && degree(value["ulysses_degree"]),
  },
  options: object,
  model: {
    expected: "an object with path, sha256 and data",
    holds: (value) =>
      isRecord(value) &&
      typeof value["path"] === "string" &&
      typeof value["sha256"] === "string" &&
      Array.isArray(value["data"]),
  },
  inputs: list,
  outputs: list,
  lengths: list,
  derived: object,
  equations: list,
  minimums: list,
  hooks: list,
  steps: list,
  pieces: list,
  notes: list,
};

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function quote(value: unknown): string {
  return value === undefined ? "none" : JSON.stringify(value);
}

function major(version: unknown): string {
  return typeof version === "string" ? (version.split(".")[0] ?? "") : "";
}
