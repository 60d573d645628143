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
  /** The command reads standard input. */
  | { readonly kind: "listen" }
  /** A file or folder is complete and in its place. */
  | { readonly kind: "written"; readonly path: string }
  /** All output is written. */
  | { readonly kind: "ended"; readonly exitCode: number };

/** To the command: stop, or what standard input has; `null` at its end. */
export type ToCommand = "stop" | { readonly input: Uint8Array | null };
