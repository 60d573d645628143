/**
 * @file The edit that a hint describes, where following it is one replacement at the place of the diagnostic. Knows the form of such hints.
 */
import type { Diagnostic, Position } from "../../compiler/diagnostics/types.ts";

export interface Edit {
  readonly start: Position;
  readonly end: Position;
  readonly text: string;
}

const STRING = /^(["'])(?:\\.|(?!\1)[^\\\n])*\1$/;
const NAME = /^[A-Za-z_$][\w$]*$/;

/** `null` where there is none, or where the place in the file is neither a name nor a string that the hint's name could replace. */
export function editOf(
  { file, start, end, hint }: Diagnostic,
  read: (file: string) => string | undefined,
): Edit | null {
  if (file === undefined || start === undefined || end === undefined || hint === undefined) return null;
  const there = read(file)?.slice(start.offset, end.offset) ?? "";
  if (there === "," && hint.startsWith("remove the comma")) return { start, end, text: "" };
  const [, meant] = /^did you mean "([^"\n]+)"\?/.exec(hint) ?? [];
  if (meant === undefined) return null;
  if (STRING.test(there)) return { start, end, text: there.startsWith("'") ? `'${meant}'` : JSON.stringify(meant) };
  return NAME.test(there) && NAME.test(meant) ? { start, end, text: meant } : null;
}
