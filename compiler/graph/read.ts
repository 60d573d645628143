/**
 * @file Reads a model: file to graph. Any bytes give a graph or diagnostics, never an exception. Weights in external files stay there.
 */
import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import type { ModelProto } from "onnx-buf";
import { modelFileMessages as messages } from "../diagnostics/catalog/model.ts";
import { localFunction } from "../diagnostics/catalog/splitting/tools.ts";
import { diagnose, hasErrors, settle } from "../diagnostics/diagnose.ts";
import type { Diagnostic, Result } from "../diagnostics/types.ts";
import { limits } from "../limits/limits.ts";
import { decodeGraph } from "./decode/graph.ts";
import { inlineFunctions } from "./decode/functions.ts";
import { type Excess, excessInBytes, excessInGraph } from "./decode/size.ts";
import type { DecodeContext } from "./decode/tensor.ts";
import { dataFolder } from "./external.ts";
import { readModelFile } from "./file.ts";
import type { ModelFile } from "./file.ts";
import type { Model } from "./types.ts";

/** What onnxruntime loads, and the oldest operator sets that this project's tables describe. */
const IR = { oldest: 3, newest: 13 };
const OPSET = { oldest: 11, newest: 26 };

/** `file` is relative to the current folder. */
export async function readModel(file: string): Promise<Result<Model>> {
  const read = await readModelFile(file);
  return read.ok ? decodeModel(read.value) : read;
}

function decodeModel(source: ModelFile): Result<Model> {
  const { file, folder } = source;
  const parsed = parse(source);
  if (!parsed.ok) return parsed;
  const proto = parsed.value;
  const diagnostics: Diagnostic[] = [...checkVersions(proto, file)];
  const data = dataFolder(folder, source.realFolder);
  const { stored } = source;
  const context: DecodeContext = { file, data, stored, report: (diagnostic) => diagnostics.push(diagnostic) };
  // Decoding a model of an unsupported version would only add misleading errors.
  if (hasErrors(diagnostics) || proto.graph === undefined) return { ok: false, diagnostics };
  const fault = inlineFunctions(proto, limits.inlinedNodes.most);
  if (fault !== null) return { ok: false, diagnostics: [diagnose(localFunction, fault, { file })] };
  const graph = decodeGraph(proto.graph, context);
  diagnostics.push(...data.problems(file));
  const model: Model = {
    file,
    folder,
    irVersion: Number(proto.irVersion),
    opsets: opsetsOf(proto),
    sha256: source.sha256,
    graph,
  };
  return settle(model, diagnostics);
}

function parse({ file, bytes, size }: ModelFile): Result<ModelProto> {
  const fail = (diagnostic: Diagnostic): Result<ModelProto> => ({ ok: false, diagnostics: [diagnostic] });
  // The first field of an ONNX file is the IR version, a small number.
  const beginsWell = bytes[0] === 0x08 && (bytes[1] ?? 255) < 64;
  const broken = (reason: string): Result<ModelProto> =>
    beginsWell
      ? fail(diagnose(messages.truncated, { bytes: size, reason }, { file }))
      : fail(diagnose(messages.notOnnx, { reason }, { file }));
  const tooLarge = ({ limit: { what, most: limit }, ...found }: Excess): Result<ModelProto> =>
    fail(diagnose(messages.structure, { ...found, what, limit }, { file }));
  const fields = excessInBytes(bytes);
  if (fields !== null) return tooLarge(fields);
  try {
    const proto = fromBinary(ModelProtoSchema, bytes);
    if (proto.graph === undefined) return broken("it has no graph");
    const excess = excessInGraph(proto.graph);
    return excess === null ? settle(proto, []) : tooLarge(excess);
  } catch (error) {
    return broken(error instanceof Error ? error.message : String(error));
  }
}

function checkVersions(proto: ModelProto, file: string): readonly Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const ir = Number(proto.irVersion);
  if (ir < IR.oldest || ir > IR.newest)
    diagnostics.push(diagnose(messages.irVersion, { version: ir, ...IR }, { file }));
  const opset = opsetsOf(proto)[""];
  if (opset === undefined) diagnostics.push(diagnose(messages.noOpset, {}, { file }));
  else if (opset < OPSET.oldest || opset > OPSET.newest) {
    diagnostics.push(diagnose(messages.opset, { version: opset, ...OPSET }, { file }));
  }
  if (proto.trainingInfo.length > 0) diagnostics.push(diagnose(messages.training, {}, { file }));
  return diagnostics;
}

function opsetsOf(proto: ModelProto): Readonly<Record<string, number>> {
  return Object.fromEntries(
    proto.opsetImport.map(({ domain, version }) => [domain === "ai.onnx" ? "" : domain, Number(version)]),
  );
}
