/**
 * @file Loads the source file of a TypeScript plan and the files that it imports by relative path. Only parses;
 * nothing is evaluated here.
 */
import { dirname, join } from "node:path";
import { ts } from "ts-morph";
import { typescriptMessages } from "../../diagnostics/catalog/plan.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import type { Diagnostic, Span } from "../../diagnostics/types.ts";
import { limits } from "../../limits/limits.ts";
import { type Locate, locator } from "../positions.ts";
import type { ReadText } from "../source.ts";
import { checkSource } from "./size.ts";

export interface SourceModule {
  readonly source: ts.SourceFile;
  readonly locate: Locate;
  /** Specifier as written to the path of a loaded module. */
  readonly imports: ReadonlyMap<string, string>;
}

export interface LoadedModules {
  /** By path; the first is the plan itself. Empty if the plan cannot be parsed. */
  readonly modules: ReadonlyMap<string, SourceModule>;
  readonly diagnostics: readonly Diagnostic[];
}

export async function loadModules(text: string, file: string, readText: ReadText): Promise<LoadedModules> {
  const modules = new Map<string, SourceModule>();
  const diagnostics: Diagnostic[] = [];
  const queue: { readonly path: string; readonly text: string }[] = [{ path: file, text }];
  const known = new Set([file]);
  let bytes = Buffer.byteLength(text);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { path } = next;
    const locate = locator(path, next.text);
    const { source, errors } = parse(next.text, path, locate);
    diagnostics.push(...errors);
    if (source === null) continue;
    const imports = new Map<string, string>();
    for (const { specifier, span } of relativeImports(source, locate)) {
      const target = resolve(path, specifier);
      imports.set(specifier, target);
      if (known.has(target)) continue;
      known.add(target);
      if (known.size > limits.typescriptFiles.most) {
        return {
          modules,
          diagnostics: [...diagnostics, tooLong("files", known.size, limits.typescriptFiles.most, span)],
        };
      }
      const read = target.endsWith(".ts") ? await readText(target) : undefined;
      if (read?.ok === true) queue.push({ path: target, text: read.value });
      else diagnostics.push(badImport(specifier, read?.diagnostics[0]?.message, span));
      bytes += read?.ok === true ? Buffer.byteLength(read.value) : 0;
      if (bytes > limits.typescriptBytes.most) {
        return { modules, diagnostics: [...diagnostics, tooLong("bytes", bytes, limits.typescriptBytes.most, span)] };
      }
    }
    modules.set(path, { source, locate, imports });
  }
  return { modules, diagnostics };
}

interface Parsed {
  readonly source: ts.SourceFile | null;
  readonly errors: readonly Diagnostic[];
}

function parse(text: string, path: string, locate: Locate): Parsed {
  const size = checkSource(text, locate);
  if (size !== undefined) return { source: null, errors: [size] };
  try {
    const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
    const errors = syntaxErrors(source).map(({ start, length, messageText }) => {
      const problem = ts.flattenDiagnosticMessageText(messageText, " ").replace(/\.$/, "");
      return diagnose(typescriptMessages.syntax, { problem }, { span: locate(start, start + length) });
    });
    return { source: errors.length === 0 ? source : null, errors: errors.slice(0, 10) };
  } catch (error) {
    // The parser recurses; a text that consists of brackets exhausts the stack.
    if (!(error instanceof RangeError)) throw error;
    const limit = { what: "nested brackets", limit: limits.nesting.most };
    return { source: null, errors: [diagnose(typescriptMessages.limit, limit, { span: locate(0, 0) })] };
  }
}

/** Asks a program of this file alone, since a source file does not show its errors. Resolves and emits nothing. */
function syntaxErrors(source: ts.SourceFile): readonly ts.DiagnosticWithLocation[] {
  const host: ts.CompilerHost = {
    getSourceFile: () => source,
    getDefaultLibFileName: () => "lib.d.ts",
    writeFile: () => undefined,
    getCurrentDirectory: () => "",
    getCanonicalFileName: (name) => name,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => "\n",
    fileExists: () => false,
    readFile: () => undefined,
  };
  const options = { noLib: true, noResolve: true, types: [] };
  return ts.createProgram([source.fileName], options, host).getSyntacticDiagnostics(source);
}

interface RelativeImport {
  readonly specifier: string;
  readonly span: Span;
}

function relativeImports(source: ts.SourceFile, locate: Locate): readonly RelativeImport[] {
  return source.statements.flatMap((statement) => {
    const isImport = ts.isImportDeclaration(statement) && statement.importClause?.isTypeOnly === false;
    const isReexport = ts.isExportDeclaration(statement) && !statement.isTypeOnly;
    if (!isImport && !isReexport) return [];
    const from = statement.moduleSpecifier;
    if (from === undefined || !ts.isStringLiteral(from) || !from.text.startsWith(".")) return [];
    return [{ specifier: from.text, span: locate(from.getStart(source), from.getEnd()) }];
  });
}

/** `./x.ts` is kept; `./x.js` and `./x` mean the TypeScript file, as they do for the compiler. */
function resolve(from: string, specifier: string): string {
  const path = join(dirname(from), specifier);
  if (/\.[cm]?ts$/.test(path) || path.endsWith(".json")) return path;
  return path.endsWith(".js") ? `${path.slice(0, -3)}.ts` : `${path}.ts`;
}

function tooLong(what: string, count: number, limit: number, span: Span): Diagnostic {
  return diagnose(typescriptMessages.tooLong, { what: `${what}, imports included`, count, limit }, { span });
}

function badImport(specifier: string, reason: string | undefined, span: Span): Diagnostic {
  const because = reason ?? "only TypeScript files can be imported";
  const params = { specifier: JSON.stringify(specifier), reason: because, suggestion: null, fix: null };
  return diagnose(typescriptMessages.badImport, params, { span });
}
