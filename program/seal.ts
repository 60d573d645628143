/**
 * @file The text of `program.json`: the program, what identifies its files, and a checksum over both, so that damage is found before
 * anything runs. It is not a signature: anyone who edits a program can seal it again.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { hashFileSync } from "./identity.ts";
import type { Program, ProgramFiles } from "./types.ts";

export interface Unsealed {
  readonly program: Program;
  readonly files: ProgramFiles;
  /** As the text states it, and as computed; equal in an intact text. */
  readonly stated: string;
  readonly actual: string;
}

/** Hashes all of `files`, which are in `folder`. Throws as `fs` does. */
export function identifyOwn(folder: string, files: readonly string[]): ProgramFiles {
  return Object.fromEntries(files.map((file) => [file, hashFileSync(join(folder, file))]));
}

export function sealedText(program: Program, files: ProgramFiles): string {
  const content = { ...program, files };
  return `${JSON.stringify({ ...content, checksum: checksumOf(content) }, null, 1)}\n`;
}

/** Splits a document that has the shape of a program into its fields. */
export function unseal(document: object): Unsealed {
  const { checksum, ...content } = document as Program & { readonly checksum?: unknown; readonly files?: ProgramFiles };
  const { files = {}, ...program } = content;
  return { program, files, stated: typeof checksum === "string" ? checksum : "none", actual: checksumOf(content) };
}

function checksumOf(content: object): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}
