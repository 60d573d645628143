/**
 * @file Prints what lowering made: the program, and what each piece computes. Nothing reads it back.
 */
import { outline } from "../graph/outline.ts";
import { printProgram } from "../../program/print.ts";
import type { LoweredProgram } from "./types.ts";

export function printLowered({ program, models }: LoweredProgram): string {
  const pieces = program.pieces.map(({ id, file }) => {
    const model = models.get(file);
    return `${id}\n${
      model === undefined
        ? ""
        : outline(model)
            .map((line) => `  ${line}\n`)
            .join("")
    }`;
  });
  return `${printProgram(program)}\n${pieces.join("\n")}`;
}
