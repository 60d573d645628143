/**
 * @file Prints the result of lowering: the program, with what each piece computes. Nothing reads it back.
 */
import { outline, type Outline } from "../graph/outline.ts";
import { printProgram } from "../../program/print.ts";
import type { LoweredProgram } from "./types.ts";

export function printLowered({ program, models }: LoweredProgram): string {
  return printProgram(program, ({ file }) => shortened(outline(models.get(file) ?? new Uint8Array())));
}

/** The ONNX nodes of one `cp` operator have results named `RESULT/...`: all up to the result itself are one line. */
function shortened(operators: readonly Outline[]): readonly Outline[] {
  const results = new Set(operators.flatMap((o) => o.outputs));
  const ownerOf = ({ outputs: [first = ""] }: Outline): string | null => {
    const owner = first.slice(0, first.lastIndexOf("/"));
    return results.has(owner) ? owner : null;
  };
  const runs: { owner: string | null; operators: Outline[] }[] = [];
  for (const operator of operators) {
    const owner = ownerOf(operator);
    const last = runs.at(-1);
    if (owner !== null && last?.owner === owner) last.operators.push(operator);
    else runs.push({ owner, operators: [operator] });
  }
  return runs.map((run) => (run.owner === null || run.operators.length < 2 ? run.operators[0]! : summary(run)));
}

function summary({ operators, owner }: { owner: string | null; operators: readonly Outline[] }): Outline {
  const isOutside = (name: string): boolean => name !== "" && !name.startsWith(`${owner}/`);
  const inputs = [...new Set(operators.flatMap((o) => o.inputs))].filter(isOutside);
  return { op: `${operators.length} operators`, inputs, outputs: [`${owner}/...`] };
}
