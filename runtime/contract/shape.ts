/**
 * @file The shape of a program as data: for every field of `Program` what its JSON must be. Knows no file and no relation between fields.
 */
import type { Position, Related, Reported, Span } from "../../compiler/diagnostics/types.ts";
import type { Expr } from "../../compiler/expr/expr.ts";
import { PROGRAM_FORMAT } from "../../program/types.ts";
import type {
  CollectiveStep,
  HookStep,
  PieceStep,
  Program,
  ProgramCount,
  ProgramEquation,
  ProgramFiles,
  ProgramHook,
  ProgramIntegers,
  ProgramLength,
  ProgramModel,
  ProgramPiece,
  ProgramProbe,
  ProgramStep,
  ProgramTensor,
  ProgramTransfer,
  ProgramTrial,
} from "../../program/types.ts";
import { isOrtElem } from "../../ort/tensors.ts";
import { isExpr } from "./expression.ts";
import { LIMITS } from "./limits.ts";
import { byKind, listOf, mapOf, nullable, oneOf, optional, record, rule } from "./rules.ts";
import type { Rule } from "./rules.ts";

/** Program and files as they stand in `program.json`. */
export type Document = Program & { readonly files: ProgramFiles };

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

const text: Rule<string> = rule("a string", (value) => typeof value === "string");
/** `__proto__` would be no key of an object. */
const name: Rule<string> = rule(
  `a name of 1 to ${LIMITS.name} characters`,
  (value) => typeof value === "string" && value.length > 0 && value.length <= LIMITS.name && value !== "__proto__",
);
const path: Rule<string> = rule(
  `a path of 1 to ${LIMITS.name} characters`,
  (value) => typeof value === "string" && value.length > 0 && value.length <= LIMITS.name && !value.includes("\0"),
);
const sha256: Rule<string> = rule(
  "a sha256 in 64 hexadecimal digits",
  (value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value),
);
const count: Rule<number> = rule("an integer of 0 or more", isCount);
const degree: Rule<number> = rule(`an integer from 1 to ${LIMITS.ranks}`, (value) => {
  return isCount(value) && value >= 1 && value <= LIMITS.ranks;
});
const flag: Rule<boolean> = oneOf(true, false);
const elem: Rule<string> = rule("an element type of onnxruntime", (value) => {
  return typeof value === "string" && isOrtElem(value);
});
const expr: Rule<Expr> = rule("an expression in lengths", isExpr);
const names = listOf(name);
const dims = listOf(expr, `a list of at most ${LIMITS.axes} extents`, LIMITS.axes);

const position = record<Position>({ line: count, column: count, offset: count });
const span = record<Span>({ file: text, start: position, end: position });
const related = record<Related>({
  message: text,
  file: optional(text),
  start: optional(position),
  end: optional(position),
  node: optional(text),
  module: optional(text),
});
/** As in a report. */
const note = record<Reported>({
  code: text,
  severity: oneOf("error", "warning", "note"),
  message: text,
  file: optional(text),
  start: optional(position),
  end: optional(position),
  related: listOf(related),
  hint: optional(text),
});

const tensor = record<ProgramTensor>({ name, elem, dims });
const number: Rule<number> = rule("a number", (value) => Number.isFinite(value));
const length = record<ProgramLength>({
  name,
  sources: listOf(record({ input: name, axis: count })),
  count: optional(
    record<ProgramCount>({
      input: name,
      from: expr,
      to: expr,
      compare: oneOf("!=", "<", "<=", ">", ">="),
      than: number,
    }),
  ),
});
const integers = record<ProgramIntegers>({
  elem: oneOf("int64", "int32"),
  dims: listOf(count, `a list of at most ${LIMITS.axes} extents`, LIMITS.axes),
  elements: listOf(expr),
});
const equation = record<ProgramEquation>({
  left: expr,
  right: expr,
  left_name: text,
  right_name: text,
  module: text,
  span: nullable(span),
});
const minimum = record<Program["minimums"][number]>({
  length: expr,
  at_least: count,
  name: text,
  span: nullable(span),
});
const hook = record<ProgramHook>({
  id: count,
  module: text,
  phase: oneOf("pre_forward", "post_forward", "attention"),
  order: count,
  action: text,
  reads: names,
  writes: names,
  origin: nullable(record({ pointer: text, span: nullable(span) })),
});

const pieceStep = record<PieceStep>({
  kind: oneOf("piece"),
  piece: name,
  inputs: mapOf(name, name),
  outputs: mapOf(name, name),
  module: text,
  frees: names,
});
const transfer = record<ProgramTransfer>({ send: names, receive: names, elem, dims });
const collectiveStep = record<CollectiveStep>({
  kind: oneOf("collective"),
  name: text,
  collective: oneOf("all-to-all", "all-gather", "shift"),
  group: oneOf("batch", "sequence", "ulysses", "ring"),
  transfers: listOf(transfer),
  purpose: text,
  module: text,
  hook: nullable(count),
  frees: names,
});
const hookStep = record<HookStep>({
  kind: oneOf("hook"),
  hook: count,
  module: text,
  phase: oneOf("pre_forward", "post_forward"),
  value: name,
  result: name,
  layout: text,
  frees: names,
});

const piece = record<ProgramPiece>({
  id: name,
  kind: oneOf("local", "attention"),
  file: path,
  inputs: names,
  outputs: names,
  weights: oneOf("model", "program", null),
});
const data = record<ProgramModel["data"][number]>({ file: path, size: count, hash: sha256 });

export const documentRule: Rule<Document> = record<Document>({
  format: oneOf(PROGRAM_FORMAT),
  version: text,
  mesh: record(
    { batch_degree: degree, ring_degree: degree, ulysses_degree: degree },
    "an object with batch_degree, ring_degree and ulysses_degree",
  ),
  options: record({ rotate_method: oneOf("allgather", "alltoall"), convert_to_fp32: flag }),
  model: record<ProgramModel>({ path, sha256, data: listOf(data) }, "an object with path, sha256 and data"),
  inputs: listOf(tensor),
  outputs: listOf(tensor),
  lengths: listOf(length),
  derived: mapOf(name, integers),
  equations: listOf(equation),
  minimums: listOf(minimum),
  hooks: listOf(hook),
  steps: listOf(byKind<ProgramStep>({ piece: pieceStep, collective: collectiveStep, hook: hookStep })),
  pieces: listOf(piece),
  probe: nullable(record<ProgramProbe>({ step: count, reads: listOf(tensor) })),
  trials: listOf(record<ProgramTrial>({ step: count, reads: listOf(tensor), elems: names })),
  notes: listOf(note),
  files: mapOf(path, record({ size: count, sha256 })),
});
