/**
 * @file Prints what lowering made: the program, with what each piece computes. Nothing reads it back.
 */
import { outline, type Outline } from "../graph/outline.ts";
import { printProgram } from "../../program/print.ts";
import type { LoweredProgram } from "./types.ts";

export function printLowered({ program, models }: LoweredProgram): string {
  return printProgram(program, ({ file }) => shortened(outline(models.get(file) ?? new Uint8Array())));
}

/** What one operator of ours became in ONNX has results named `RESULT/...`: all up to the result itself are one line. */
function shortened(operators: readonly Outline[]): readonly Outline[] {
  const results = new Set(operators.flatMap((o) => o.outputs));
  const ownerOf = ({ outputs: [first = ""] }: Outline): string | null => {
    const owner = first.slice(0, first.lastIndexOf("/"));
    return results.has(owner) ? owner : null;
  };
  const lines: Outline[] = [];
  for (let at = 0; at < operators.length; at++) {
    const owner = ownerOf(operators[at]!);
    let end = at;
    while (owner !== null && end < operators.length && ownerOf(operators[end]!) === owner) end++;
    if (owner === null || end - at < 2) lines.push(operators[at]!);
    else {
      lines.push(summary(operators.slice(at, end), owner));
      at = end - 1;
    }
  }
  return lines;
}

function summary(inside: readonly Outline[], owner: string): Outline {
  const isOutside = (name: string): boolean => name !== "" && !name.startsWith(`${owner}/`);
  const inputs = [...new Set(inside.flatMap((o) => o.inputs))].filter(isOutside);
  return { op: `${inside.length} operators`, inputs, outputs: [`${owner}/...`] };
}
