/**
 * @file The table of docs/other-exports.md: a row for every form that a tool makes of exports. Knows no cell.
 */
import { fileURLToPath } from "node:url";
import { groupBy } from "../../compiler/group.ts";
import { isExact, tableOf } from "./others-page.ts";
import type { Tried } from "./others.ts";

export const formsPage = fileURLToPath(new URL("../../docs/other-exports.md", import.meta.url));

const BEGIN = "<!-- forms -->\n";
const END = "<!-- /forms -->\n";

/** What tools/export/conversions calls a form, and what a reader calls it. */
const TITLES: Readonly<Record<string, string>> = {
  extended: "ONNX Runtime, level `extended`",
  all: "ONNX Runtime, level `all`",
  fused0: "`onnxruntime.transformers.optimizer`, `opt_level=0`",
  fused1: "the same, `opt_level=1`",
  "fused0-float16": "the same, `opt_level=0`, float16",
  "fused0-extended": "the same, `opt_level=0`, then level `extended`",
  mixed: "float16, Softmax and LayerNormalization left in float32",
  opset21: "`onnx.version_converter` to operator set 21",
  opset25: "the same to 25",
  int8: "`quantize_dynamic`, int8",
  "int8-channel": "the same, per channel",
  uint8: "the same, uint8",
  "fused0-int8": "the optimiser, then `quantize_dynamic`",
  "int8-all": "`quantize_dynamic`, then level `all`",
  "qdq-uint8": "`quantize_static`, Q/DQ, uint8",
  "qdq-channel": "the same, int8 weights per channel",
  "qdq-int8": "the same, int8",
  "qdq-uint16": "the same, uint16 activations",
  "qdq-extended": "Q/DQ, then level `extended`",
  "qdq-all": "Q/DQ, then level `all`",
  qlinear: "`quantize_static`, `QOperator`",
  int4: "`MatMulNBitsQuantizer`, weights",
  "int4-tables": "the same, weights and tables",
  "int4-qdq": "the same, weights as Q/DQ",
  onnxslim: "onnxslim",
  onnxsim: "onnxsim",
  onnxoptimizer: "onnx-optimizer",
  float16: "onnxconverter-common, float16",
  "float16-io": "the same, inputs and outputs in float32",
  functions: "products, norms and softmax in local functions",
  scattered: "each weight in an external file of its own",
};

/** The page with the table of these rows between its marks. */
export function withForms(page: string, rows: readonly Tried[]): string {
  const [before, rest] = [page.slice(0, page.indexOf(BEGIN)), page.slice(page.indexOf(END) + END.length)];
  if (!page.includes(BEGIN) || !page.includes(END)) throw new Error(`${formsPage} has no ${BEGIN.trim()}`);
  return `${before}${BEGIN}${formsTable(rows)}${END}${rest}`;
}

function formsTable(rows: readonly Tried[]): string {
  const files = rows.filter(({ other }) => other.failed === undefined);
  const forms = groupBy(files, ({ other }) => other.exporter);
  const lines = Object.entries(TITLES).flatMap(([form, title]) => {
    const made = forms.get(form);
    return made === undefined ? [] : [lineOf(title, made)];
  });
  return tableOf(["tool and form", "files", "exact", "to the last bit", "least work shared", "not accepted"], lines);
}

function lineOf(title: string, files: readonly Tried[]): readonly string[] {
  const exact = files.filter(isAccepted);
  const same = exact.filter(({ cells }) => cells.every((cell) => Number(cell) === 0));
  const least = Math.min(...exact.map(({ share }) => share));
  const others = files.filter((file) => !isAccepted(file)).map(reasonOf);
  const share = exact.length === 0 ? "" : `${(least * 100).toFixed(0)} %`;
  return [title, String(files.length), String(exact.length), String(same.length), share, others.join("; ")];
}

function isAccepted({ refused, cells }: Tried): boolean {
  return refused === null && cells.every(isExact);
}

/** What `check --simulate` says of a value beyond its tolerance. */
const WRONG = "CP5501";

/** `gpt2.dynamo18: CP4001` */
function reasonOf({ other, refused, cells }: Tried): string {
  const failed = cells.filter((cell) => !isExact(cell)).map((cell) => (cell.startsWith("WRONG") ? WRONG : cell));
  const codes = refused === null ? failed : [refused.split(":")[0]!];
  return `${other.model}: ${[...new Set(codes)].join(", ")}`;
}
