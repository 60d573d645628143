/**
 * @file What the main thread and the command's thread say to each other.
 */
import type { Io } from "../io.ts";
import type { Section } from "./section.ts";

/** What the thread is started with. */
export interface Setup extends Pick<Io, "colors" | "interactive" | "columns"> {
  readonly argv: readonly string[];
  readonly section: Section;
}

export type FromCommand =
  | { readonly kind: "out" | "err"; readonly text: string }
  /** A file or folder is complete and in its place. */
  | { readonly kind: "written"; readonly path: string }
  /** Everything is said. */
  | { readonly kind: "ended"; readonly exitCode: number };

/** The only thing that the command is told: to end. */
export type ToCommand = "stop";
