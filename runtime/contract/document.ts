/**
 * @file From the text of `program.json` to a program that can be run without looking at its form again, or diagnostics: format, version,
 * size, shape, checksum, meaning, in this order. Opens no other file.
 */
import { programMessages as messages } from "../../compiler/diagnostics/catalog/program.ts";
import { diagnose, settle } from "../../compiler/diagnostics/diagnose.ts";
import type { Message } from "../../compiler/diagnostics/diagnose.ts";
import type { Diagnostic, Result } from "../../compiler/diagnostics/types.ts";
import { PROGRAM_FORMAT, PROGRAM_VERSION } from "../../program/types.ts";
import type { Program, ProgramFiles } from "../../program/types.ts";
import { unseal } from "../../program/seal.ts";
import type { Unsealed } from "../../program/seal.ts";
import { reasonOf } from "../reason.ts";
import { LIMITS } from "./limits.ts";
import { problemsOf } from "./meaning.ts";
import { isRecord } from "./rules.ts";
import { documentRule } from "./shape.ts";

/** `file` names the text for messages. */
export function readDocument(file: string, text: string): Result<Unsealed> {
  const wrong = <P>(message: Message<P>, ...found: readonly P[]): Result<Unsealed> => ({
    ok: false,
    diagnostics: found.slice(0, LIMITS.problems).map((params) => diagnose(message, params)),
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return wrong(messages.notJson, { file, reason: reasonOf(error) });
  }
  // Format and version first: what another format means by a field is not known.
  const { format, version } = isRecord(json) ? json : {};
  if (format !== PROGRAM_FORMAT)
    return wrong(messages.format, { file, expected: PROGRAM_FORMAT, actual: quote(format) });
  if (major(version) !== major(PROGRAM_VERSION)) {
    return wrong(messages.version, { file, expected: `${major(PROGRAM_VERSION)}.x`, actual: quote(version) });
  }
  // Before anything recurses into it.
  if (isDeeper(json, LIMITS.levels)) return wrong(messages.tooDeep, { file, limit: LIMITS.levels });
  const findings = documentRule.find(json, "");
  if (findings.length > 0) {
    return wrong(messages.shape, ...findings.map(({ path, expected }) => ({ file, field: path, expected })));
  }
  const unsealed = unseal(json as object);
  const { stated, actual, program, files } = unsealed;
  if (stated !== actual) return wrong(messages.checksum, { file, stated: stated.slice(0, 100), actual });
  const problems = problemsOf({ ...program, files });
  if (problems.length > 0) return wrong(messages.contradiction, ...problems.map((problem) => ({ file, problem })));
  return settle(unsealed, []);
}

/** What is wrong with a program that a caller holds in memory, by the same rules. */
export function checkCompiledProgram(file: string, program: object, files: object): readonly Diagnostic[] {
  try {
    if (!("format" in program) || program.format !== PROGRAM_FORMAT) {
      const actual = quote("format" in program ? program.format : undefined);
      return [diagnose(messages.format, { file, expected: PROGRAM_FORMAT, actual })];
    }
    const findings = documentRule.find({ ...program, files, checksum: "" }, "").slice(0, LIMITS.problems);
    if (findings.length > 0) {
      return findings.map(({ path, expected }) => diagnose(messages.shape, { file, field: path, expected }));
    }
    const problems = problemsOf({ ...(program as Program), files: files as ProgramFiles }).slice(0, LIMITS.problems);
    return problems.map((problem) => diagnose(messages.contradiction, { file, problem }));
  } catch (error) {
    // An object that contains itself.
    return [diagnose(messages.notJson, { file, reason: reasonOf(error) })];
  }
}

/** Without recursion, since it guards against it. */
function isDeeper(json: unknown, limit: number): boolean {
  let level: readonly unknown[] = [json];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true;
    level = level.flatMap((value) => (typeof value === "object" && value !== null ? Object.values(value) : []));
  }
  return false;
}

/** What a document says, cut to what a line can hold. */
function quote(value: unknown): string {
  if (value === undefined) return "none";
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  return JSON.stringify(value).slice(0, 100);
}

function major(version: unknown): string {
  return typeof version === "string" ? (version.split(".")[0] ?? "") : "";
}
