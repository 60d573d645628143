/**
 * @file What is wrong with the compiler's response to bad input; nothing if it consists of readable diagnostics.
 */
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";

/**
 * `prefix` is what codes of these stages begin with, for example `CP1`. Where the input is JavaScript, a message may well speak of
 * `undefined`.
 */
export function faultsOf(
  ok: boolean,
  diagnostics: readonly Diagnostic[],
  prefix = "CP",
  leaks: RegExp = LEAKS,
): readonly string[] {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  const odd = diagnostics.filter(
    ({ code, message, hint }) =>
      !code.startsWith(prefix) || !/^CP\d{4}$/.test(code) || leaks.test(`${message} ${hint ?? ""}`),
  );
  return [
    ...(ok || errors.length > 0 ? [] : ["refused without a reason"]),
    ...(ok && errors.length > 0 ? ["accepted in spite of an error"] : []),
    ...odd.map(({ code, message, hint }) => `${code} ${message} ${hint ?? ""}`),
  ];
}

/** Traces of an exception in a text. */
export const CRASHES: RegExp = /\[object |\n {4}at |internal error/;

/** Traces of JavaScript in a text. */
const LEAKS = /\bundefined\b|\[object |\n {4}at |\bNaN\b|internal error/;
