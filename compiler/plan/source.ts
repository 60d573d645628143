/**
 * @file Reads the text of a small user file (plan or config) and reports clearly why it cannot. Knows nothing of its content.
 */
import { readdir } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { fileMessages } from "../diagnostics/catalog/plan.ts";
import { diagnose } from "../diagnostics/diagnose.ts";
import { suggest } from "../diagnostics/suggest.ts";
import type { Diagnostic, Result } from "../diagnostics/types.ts";
import { limits } from "../limits/limits.ts";
import { FileRefused, readRegularFile, type Refusal } from "../limits/read-file.ts";
import { locator } from "./positions.ts";

/** The name of a plan that was read from standard input: JSON with comments. */
export const STANDARD_INPUT = "<stdin>";
/** How the text of a file is read: from the disk, or from an editor that has it unsaved. */
export type ReadText = (file: string) => Promise<Result<string>>;

/** The text of a UTF-8 file without its byte order mark. */
export async function readSource(file: string): Promise<Result<string>> {
  try {
    return decode(await readRegularFile(file, mostBytes(file)), file);
  } catch (error) {
    return failed(await explain(error, file));
  }
}

/** Maximum size of a plan or config, by its file extension. */
function mostBytes(file: string): number {
  return (file.endsWith(".ts") ? limits.typescriptBytes : limits.planBytes).most;
}

/** Checks the size of a text that a caller has read. */
export function oversize(text: string, file: string): Diagnostic | undefined {
  const [bytes, limit] = [Buffer.byteLength(text), mostBytes(file)];
  return bytes > limit ? diagnose(fileMessages.tooLarge, { bytes, limit }, { file }) : undefined;
}

/** UTF-8 bytes to text; a byte order mark is dropped and counts in no position. */
export function decode(bytes: Uint8Array, file: string): Result<string> {
  try {
    return { ok: true, value: new TextDecoder("utf-8", { fatal: true }).decode(bytes), diagnostics: [] };
  } catch {
    const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    if (utf16) return failed(diagnose(fileMessages.notUtf8, { offset: 0, byte: "", utf16 }, { file }));
    const offset = firstInvalid(bytes);
    const before = new TextDecoder("utf-8").decode(bytes.subarray(0, offset));
    const span = locator(file, before)(before.length, before.length);
    const byte = (bytes[offset] ?? 0).toString(16).padStart(2, "0");
    return failed(diagnose(fileMessages.notUtf8, { offset, byte, utf16 }, { span }));
  }
}

/** The same for a text that a caller has read. */
export function withoutByteOrderMark(text: string): string {
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}

/** Index of the first byte that is not valid UTF-8: from there on the re-encoded text differs. */
function firstInvalid(bytes: Uint8Array): number {
  const lossy = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const again = new TextEncoder().encode(lossy);
  return bytes.findIndex((byte, i) => byte !== again[i]);
}

async function explain(error: unknown, file: string): Promise<Diagnostic> {
  if (error instanceof FileRefused) return refused(error.refusal, file);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOENT" || code === "ENOTDIR") {
    const similar = suggest(basename(file), await plansIn(dirname(file)));
    return diagnose(fileMessages.notFound, { file, similar }, { file });
  }
  const reason = error instanceof Error ? error.message : String(error);
  return diagnose(fileMessages.unreadable, { file, reason }, { file });
}

async function refused(refusal: Refusal, file: string): Promise<Diagnostic> {
  if (refusal.problem === "size") {
    return diagnose(fileMessages.tooLarge, { bytes: refusal.bytes, limit: refusal.most }, { file });
  }
  if (refusal.kind !== "a folder") return diagnose(fileMessages.notRegular, { file, kind: refusal.kind }, { file });
  return diagnose(fileMessages.isDirectory, { file, inside: await plansIn(file) }, { file });
}

async function plansIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => /\.(json|jsonc|ts)$/.test(name) && !name.endsWith(".d.ts")).sort();
}

function failed(diagnostic: Diagnostic): { readonly ok: false; readonly diagnostics: readonly Diagnostic[] } {
  return { ok: false, diagnostics: [diagnostic] };
}
