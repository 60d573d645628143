/**
 * @file The order in which diagnostics are shown.
 */
import type { Diagnostic } from "../../diagnostics/types.ts";

/** By file and place; those without a place come first and keep their order. */
export function inTextOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...diagnostics].sort((a, b) => {
    const [fileA, fileB] = [a.file ?? "", b.file ?? ""];
    if (fileA !== fileB) return fileA < fileB ? -1 : 1;
    return (a.start?.offset ?? -1) - (b.start?.offset ?? -1);
  });
}
