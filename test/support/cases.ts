/**
 * @file Golden cases of a stage, one text file each: what is given, a line `----`, and what came of it. `.invalid` in the name says that
 * there are errors. A new case is a new file without the line; `npx vitest run test/STAGE -u` writes the rest, and rewrites all.
 *
 * Given is a graph in the test language, or `model NAME` for one that several cases share (models/NAME.txt), and
 * - `plan { ... }`, as in a plan file; its lines go on to the bracket that closes it at the beginning of a line;
 * - `config { ... }`, a ContextParallelConfig; `{ "ulysses_degree": 2 }` without one;
 * - `hooks PATTERN ...`, for lowering.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import type { Diagnostic, Result } from "../../compiler/diagnostics/types.ts";
import type { ElemType, Tensor } from "../../compiler/graph/types.ts";
import type { CanonicalGraph } from "../../compiler/ir/types.ts";
import { parseJson } from "../../compiler/plan/json/parse.ts";
import { readParallelConfig } from "../../compiler/plan/read.ts";
import type { MeshConfig, Plan } from "../../compiler/plan/types.ts";
import { validatePlan } from "../../compiler/plan/validate/validate.ts";
import { valueOf } from "./fixtures.ts";
import { graphFrom } from "./language/graph.ts";

/** Where the model of a case lies; there is nothing, unless a test puts the data files of the case there. */
export const MODEL_FOLDER = join(tmpdir(), `onnx-cp-cases-${process.pid}`);

const SEPARATOR = "\n----\n";

export interface Case {
  readonly graph: CanonicalGraph;
  readonly plan: Plan;
  readonly mesh: MeshConfig;
  readonly hooks: readonly string[];
}

/** Names of the cases in `folder`, which is relative to the root of the project, as in the messages that cases show. */
export function casesIn(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => name.endsWith(".txt"));
}

export interface Ran {
  /** Absolute, for `toMatchFileSnapshot`. */
  readonly file: string;
  /** The whole file as it should be. */
  readonly text: string;
  readonly ok: boolean;
  /** Whether the name says that there are errors. */
  readonly isInvalid: boolean;
}

/** Does what the stage does with the case in `folder`/`name`. */
export async function ranCase(
  folder: string,
  name: string,
  stage: (given: Case) => Promise<Result<string>>,
): Promise<Ran> {
  const file = `${folder}/${name}`;
  const [given = ""] = readFileSync(file, "utf8").split(SEPARATOR);
  const { ok, ...result } = await stage(caseFrom(given, file));
  const came = [rendered(result.diagnostics), "value" in result ? result.value : ""].filter((text) => text !== "");
  const text = `${given.trimEnd()}\n${SEPARATOR}${came.join("\n")}`;
  return { file: `${process.cwd()}/${file}`, text, ok, isInvalid: name.includes(".invalid.") };
}

/** Notes and warnings of what compiled, a line each: how they look in full is the matter of test/errors. */
export function brief(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(({ severity, code, message }) => `# ${severity} ${code}: ${message}\n`).join("");
}

function rendered(diagnostics: readonly Diagnostic[]): string {
  return renderDiagnostics(diagnostics, {
    read: (file) => (existsSync(file) ? readFileSync(file, "utf8") : undefined),
  });
}

const SECTIONS = ["model", "plan", "config", "hooks"] as const;
type Section = (typeof SECTIONS)[number];

/** The case that a text gives; messages name `file`. */
export function caseFrom(given: string, file: string): Case {
  const sections = sectionsOf(given);
  const model = sections.model?.trim();
  const text =
    model === undefined ? sections.rest : readFileSync(`${file.replace(/[^/]*$/, "")}models/${model}.txt`, "utf8");
  const config: unknown = JSON.parse(sections.config ?? '{ "ulysses_degree": 2 }');
  return {
    graph: graphFrom(text, externalConstants(text)),
    plan: planFrom(sections.plan ?? "{}", file),
    mesh: valueOf(readParallelConfig(config)),
    hooks: (sections.hooks?.trim().split(/\s+/) ?? []).map((pattern) => (pattern === '""' ? "" : pattern)),
  };
}

/** Each section with blanks for all around it, so that the places that messages name are those of the file. */
function sectionsOf(given: string): Partial<Record<Section, string>> & { readonly rest: string } {
  const texts: Partial<Record<Section | "rest", string>> = {};
  let current: Section | "rest" = "rest";
  let before = "";
  for (const line of given.split("\n")) {
    const keyword = SECTIONS.find((word) => line.startsWith(`${word} `));
    if (keyword !== undefined) current = keyword;
    else if (/^[^\s}\]]/.test(line)) current = "rest";
    const own = keyword === undefined ? line : " ".repeat(keyword.length) + line.slice(keyword.length);
    texts[current] = `${texts[current] ?? before}${own}\n`;
    before += `${" ".repeat(line.length)}\n`;
  }
  return { rest: "", ...texts };
}

/** Constants that a case says to lie in a file beside its model, such as `const w float32 [8, 8] at model.data 0 256`. */
function externalConstants(text: string): ReadonlyMap<string, Tensor> {
  const statements = text.matchAll(/^const (\S+) (\w+) \[([^\]]*)\] at (\S+) (\d+) (\d+)$/gm);
  return new Map(
    [...statements].map(([, name = "", elem, dims = "", file = "", offset, length]) => [
      name,
      {
        elem: elem as ElemType,
        dims: dims.split(",").map(Number),
        data: { kind: "external", file: join(MODEL_FOLDER, file), offset: Number(offset), length: Number(length) },
      },
    ]),
  );
}

function planFrom(text: string, file: string): Plan {
  const { root, diagnostics } = parseJson(text, file, { comments: false, example: "" });
  if (root === null || diagnostics.length > 0) throw new Error(rendered(diagnostics));
  return valueOf(validatePlan({ file, root }));
}
