/**
 * @file Diagnostics as a SARIF 2.1.0 log, which code scanning services and editors read. Knows that format; texts of files and pages come from
 * the caller.
 */
import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import type { Diagnostic, Position, Related } from "../../compiler/diagnostics/types.ts";
import { type Page, pageText } from "../assist/page.ts";
import { editOf } from "./edit.ts";

export interface Logged {
  readonly version: string;
  readonly exitCode: number;
  readonly diagnostics: readonly Diagnostic[];
}

/** What the log says of files and codes. */
export interface Known {
  readonly read: (file: string) => string | undefined;
  readonly pages: ReadonlyMap<string, Page>;
}

/** Columns of help text. */
const WIDTH = 100;

/** The log as JSON text, ending in a line feed. */
export function sarifOf({ version, exitCode, diagnostics }: Logged, known: Known): string {
  const codes = [...new Set(diagnostics.map(({ code }) => code))].sort();
  const driver = {
    name: "onnx-cp",
    fullName: "onnx-context-parallel",
    semanticVersion: version,
    rules: codes.map((code) => ruleOf(code, known.pages.get(code))),
  };
  const run = {
    tool: { driver },
    columnKind: "utf16CodeUnits",
    invocations: [{ executionSuccessful: exitCode < 2 || exitCode === 3, exitCode }],
    results: diagnostics.map((diagnostic) => resultOf(diagnostic, codes.indexOf(diagnostic.code), known)),
  };
  const log = { $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function ruleOf(id: string, page: Page | undefined): object {
  if (page === undefined) return { id };
  const { title, severity, blocks } = page;
  const about = blocks.find(({ kind }) => kind === "text")?.text ?? title;
  return {
    id,
    shortDescription: { text: title },
    fullDescription: { text: about },
    help: { text: pageText(page, WIDTH) },
    defaultConfiguration: { level: severity },
  };
}

function resultOf(diagnostic: Diagnostic, ruleIndex: number, { read }: Known): object {
  const { code, severity, message, hint, related, file } = diagnostic;
  const text = hint === undefined ? message : `${message}\nhint: ${hint}`;
  const edit = editOf(diagnostic, read);
  return {
    ruleId: code,
    ruleIndex,
    level: severity,
    message: { text },
    ...(file === undefined ? {} : { locations: [locationOf(diagnostic)] }),
    ...(related.length === 0 ? {} : { relatedLocations: related.map((one, id) => ({ id, ...relatedOf(one) })) }),
    ...(edit === null || file === undefined ? {} : { fixes: [fixOf(file, edit, hint ?? message)] }),
  };
}

interface Place {
  readonly file?: string;
  readonly start?: Position;
  readonly end?: Position;
}

function locationOf(place: Place): object {
  const { file, start, end } = place;
  if (file === undefined) return {};
  const region = start === undefined ? {} : { region: regionOf(start, end ?? start) };
  return { physicalLocation: { artifactLocation: { uri: uriOf(file) }, ...region } };
}

function relatedOf(related: Related): object {
  const { message, module, node } = related;
  const logical = [
    ...(module === undefined ? [] : [{ fullyQualifiedName: module === "" ? '""' : module, kind: "module" }]),
    ...(node === undefined ? [] : [{ fullyQualifiedName: node, kind: "element" }]),
  ];
  return {
    ...locationOf(related),
    message: { text: message },
    ...(logical.length === 0 ? {} : { logicalLocations: logical }),
  };
}

function regionOf(start: Position, end: Position): object {
  const lines = { startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column };
  return { ...lines, charOffset: start.offset, charLength: end.offset - start.offset };
}

function fixOf(file: string, { start, end, text }: NonNullable<ReturnType<typeof editOf>>, why: string): object {
  const replacement = { deletedRegion: regionOf(start, end), insertedContent: { text } };
  const change = { artifactLocation: { uri: uriOf(file) }, replacements: [replacement] };
  return { description: { text: why }, artifactChanges: [change] };
}

/** A path as it was given; relative to the folder that the command ran in. */
function uriOf(file: string): string {
  if (isAbsolute(file)) return pathToFileURL(file).href;
  return file.replaceAll("\\", "/").split("/").map(encodeURIComponent).join("/");
}
