/**
 * @file Messages between the main thread and the command's thread.
 */
import type { Io } from "../io.ts";
import type { Section } from "./section.ts";

/** Start parameters of the thread. */
export interface Setup extends Pick<Io, "colors" | "interactive" | "columns" | "width"> {
  readonly argv: readonly string[];
  readonly section: Section;
}

export type FromCommand =
  | { readonly kind: "out" | "err"; readonly text: string }
  /** A file or folder is complete and in its place. */
  | { readonly kind: "written"; readonly path: string }
  /** All output is written. */
  | { readonly kind: "ended"; readonly exitCode: number };

/** The only message to the command: stop. */
export type ToCommand = "stop";
