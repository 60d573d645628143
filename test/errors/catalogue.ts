/**
 * @file All entries of the diagnostics catalogue with the names and types of their parameters, which exist only in the source text.
 */
import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { Project, type Type } from "ts-morph";
import type { Severity } from "../../compiler/diagnostics/types.ts";

export interface Entry {
  /** File of the catalogue, without its ending. */
  readonly part: string;
  readonly code: string;
  readonly severity: Severity;
  readonly title: string;
  readonly parameters: readonly { readonly name: string; readonly type: string }[];
}

const folder = new URL("../../compiler/diagnostics/catalog/", import.meta.url);

/** Sorted by code. */
export async function readCatalogue(): Promise<readonly Entry[]> {
  const project = new Project({
    compilerOptions: { strict: true, target: 99, module: 199, allowImportingTsExtensions: true },
  });
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const entries: Entry[] = [];
  for (const name of files) {
    const source = project.addSourceFileAtPath(fileURLToPath(new URL(name, folder)));
    const parts = (await import(new URL(name, folder).href)) as Readonly<Record<string, unknown>>;
    for (const [exported, value] of Object.entries(parts)) {
      const type = source.getVariableDeclarationOrThrow(exported).getType();
      const found = isMessage(value)
        ? [{ message: value, type }]
        : Object.entries(value as object).map(([key, message]) => ({
            message: message as unknown,
            type: type.getPropertyOrThrow(key).getTypeAtLocation(source),
          }));
      for (const { message, type: of } of found) {
        if (!isMessage(message)) throw new Error(`${name}: ${exported} holds something that is no message`);
        const { code, severity, title } = message;
        entries.push({ part: basename(name, ".ts"), code, severity, title, parameters: parametersOf(of) });
      }
    }
  }
  return entries.toSorted((a, b) => (a.code < b.code ? -1 : 1));
}

interface Shown {
  readonly code: string;
  readonly severity: Severity;
  readonly title: string;
}

function isMessage(value: unknown): value is Shown {
  return typeof value === "object" && value !== null && "code" in value && "title" in value && "severity" in value;
}

/** Properties of the parameter of `message`. */
function parametersOf(type: Type): Entry["parameters"] {
  const parameter = type.getProperty("message")?.getValueDeclaration() ?? undefined;
  const at = type.getProperty("message");
  if (at === undefined || parameter === undefined) return [];
  const signature = at.getTypeAtLocation(parameter).getCallSignatures()[0];
  const params = signature?.getParameters()[0]?.getTypeAtLocation(parameter);
  return (params?.getProperties() ?? []).map((property) => ({
    name: property.getName(),
    type: property
      .getTypeAtLocation(parameter)
      .getText(parameter)
      .replaceAll(/import\("[^"]*"\)\./g, ""),
  }));
}
