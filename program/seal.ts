/**
 * @file The text of `program.json`: the program, what tells its files from others, and a checksum over both, so that damage is found before
 * anything runs. It is no signature: whoever edits a program can seal it again.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { identify } from "./identity.ts";
import type { DataIdentity } from "./identity.ts";
import type { Program } from "./types.ts";

/** Files of a program by their names relative to its folder. */
export type ProgramFiles = Readonly<Record<string, DataIdentity>>;

export interface Unsealed {
  readonly program: Program;
  readonly files: ProgramFiles;
  /** As the text states it, and as it should be; equal in a whole text. */
  readonly stated: string;
  readonly actual: string;
}

/** `files` lie in `folder`. Throws as `fs` does. */
export function sealedText(program: Program, folder: string, files: readonly string[]): string {
  const named = Object.fromEntries(files.map((file) => [file, identify(join(folder, file))]));
  const content = { ...program, files: named };
  return `${JSON.stringify({ ...content, checksum: checksumOf(content) }, null, 1)}\n`;
}

/** Takes a document apart that has the outline of a program. */
export function unseal(document: object): Unsealed {
  const { checksum, ...content } = document as Program & { readonly checksum?: unknown; readonly files?: ProgramFiles };
  const { files = {}, ...program } = content;
  return { program, files, stated: typeof checksum === "string" ? checksum : "none", actual: checksumOf(content) };
}

function checksumOf(content: object): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}
