/**
 * @file Stages 1 and 2 in one call: a plan or a parallel config from a file, a text or a value. The extension of the file name selects the
 * reader.
 */
import { fileMessages } from "../diagnostics/catalog/plan.ts";
import { diagnose, settle } from "../diagnostics/diagnose.ts";
import type { Diagnostic, Result } from "../diagnostics/types.ts";
import type { AstNode } from "./ast.ts";
import { parseJson } from "./json/parse.ts";
import { withEdits } from "./edits/edits.ts";
import { type Written, writtenJson } from "./edits/written.ts";
import { oversize, type ReadText, readSource, STANDARD_INPUT, withoutByteOrderMark } from "./source.ts";
import type { MeshConfig, Plan } from "./types.ts";
import { inTextOrder } from "./validate/order.ts";
import { validateParallelConfig } from "./validate/mesh.ts";
import { validatePlan } from "./validate/validate.ts";
import { treeOf } from "./value.ts";

/** A tree, also after errors that leave its meaning clear. */
interface Tree {
  readonly root: AstNode | null;
  /** `null` for what cannot be edited. */
  readonly written: Written | null;
  readonly diagnostics: readonly Diagnostic[];
}

const planEndings = [".json", ".jsonc", ".ts"] as const;
const configEndings = [".json", ".jsonc"] as const;
const planExample =
  'write entries such as { "": { "hidden_states": { "split_dim": 1 } }, "proj_out": { "gather_dim": 1 } }';
const configExample = 'write { "context_parallel_config": { "ulysses_degree": 2 } }';

/** Whether a file of this name would be read as a plan. */
export function isPlanName(path: string): boolean {
  return path === STANDARD_INPUT || planEndings.some((ending) => path.endsWith(ending));
}

/** Reads `*.plan.json` (strict), `*.plan.jsonc` (comments allowed) or `*.plan.ts` (evaluated, never executed). */
export async function readPlanFile(path: string): Promise<Result<Plan>> {
  const known = checkEnding(path, planEndings);
  if (known !== undefined) return known;
  const source = await readSource(path);
  return source.ok ? readPlanText(source.value, path) : source;
}

/**
 * The same for a text in memory; relative imports of a TypeScript plan start from `fileName`, which may be `STANDARD_INPUT`, and are read by
 * `read`.
 */
export async function readPlanText(text: string, fileName: string, read?: ReadText): Promise<Result<Plan>> {
  const known = fileName === STANDARD_INPUT ? undefined : checkEnding(fileName, planEndings);
  if (known !== undefined) return known;
  const large = oversize(text, fileName);
  if (large !== undefined) return { ok: false, diagnostics: [large] };
  const clean = withoutByteOrderMark(text);
  const tree = fileName.endsWith(".ts")
    ? await parseTypescript(clean, fileName, read)
    : parse(clean, fileName, planExample);
  return finish(tree, (root) => withWritten(validatePlan({ file: fileName, root }), tree.written));
}

/** A plan that the caller holds as an object. Diagnostics have no spans and name the location in their text. */
export function readPlanValue(value: unknown): Result<Plan> {
  return validatePlan({ file: null, root: treeOf(value) });
}

/** Reads a `ParallelConfig` or a bare `ContextParallelConfig` from a `.json` or `.jsonc` file. */
export async function readParallelConfigFile(path: string): Promise<Result<MeshConfig>> {
  const known = checkEnding(path, configEndings);
  if (known !== undefined) return known;
  const source = await readSource(path);
  if (!source.ok) return source;
  return finish(parse(source.value, path, configExample), validateParallelConfig);
}

/** A parallel config that the caller holds as an object. */
export function readParallelConfig(value: unknown): Result<MeshConfig> {
  return validateParallelConfig(treeOf(value));
}

function parse(text: string, file: string, example: string): Tree {
  const comments = file.endsWith(".jsonc") || file === STANDARD_INPUT;
  const parsed = parseJson(text, file, { comments, example });
  return { ...parsed, written: writtenJson(file, text, parsed.root ?? { kind: "other", text: "no plan", span: null }) };
}

async function parseTypescript(text: string, file: string, read: ReadText | undefined): Promise<Tree> {
  const { readTypescriptPlan } = await import("./typescript/read.ts");
  return readTypescriptPlan(text, file, read);
}

function withWritten(plan: Result<Plan>, written: Written | null): Result<Plan> {
  return plan.ok ? { ...plan, value: { ...plan.value, written } } : plan;
}

function finish<T>({ root, written, diagnostics }: Tree, validate: (root: AstNode) => Result<T>): Result<T> {
  const result: Result<T> = root === null ? { ok: false, diagnostics: [] } : validate(root);
  const found = root === null ? diagnostics : inTextOrder([...diagnostics, ...result.diagnostics]);
  return settle(result.ok ? result.value : undefined, written === null ? found : withEdits(found, written));
}

function checkEnding(file: string, known: readonly string[]): Result<never> | undefined {
  if (known.some((ending) => file.endsWith(ending))) return undefined;
  return { ok: false, diagnostics: [diagnose(fileMessages.unknownKind, { file, known }, { file })] };
}
