/**
 * @file Examples of errors in a model's file. Codes CP2000-2099.
 */
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { create } from "@bufbuild/protobuf";
import { FunctionProtoSchema, NodeProtoSchema, OperatorSetIdProtoSchema, TrainingInfoProtoSchema } from "onnx-buf";
import type { Examples } from "../example.ts";
import { edited, fluxBytes } from "../models.ts";

const command = "onnx-cp inspect model.onnx";

export const modelFiles: Examples = {
  CP2001: {
    means:
      "The model's path does not exist. Paths are relative to the current folder; `$model` is relative to the plan's folder.",
    command,
  },
  CP2002: {
    means: "The path is a folder. The hint lists the models inside it.",
    given: "a folder `export` that holds `flux.onnx`",
    make: () => {
      mkdirSync("export");
      writeFileSync("export/flux.onnx", "");
    },
    command: "onnx-cp inspect export",
  },
  CP2003: {
    means: "The file exists, but the operating system refuses to read it, for the given reason.",
    given: "`model.onnx`, a link to itself",
    make: () => symlinkSync("model.onnx", "model.onnx"),
    command,
  },
  CP2004: {
    means: "The file has no bytes: an export or a download failed before it wrote any.",
    files: { "model.onnx": "" },
    command,
  },
  CP2005: {
    means:
      "ONNX files are protobuf messages, which are limited to 2 GiB; larger models keep their weights in separate files.",
    given: "`model.onnx` of 2 GiB",
    make: () => {
      writeFileSync("model.onnx", "");
      truncateSync("model.onnx", 2 ** 31);
    },
    command,
  },
  CP2006: {
    means: "The repository was cloned without Git LFS, so each large file is a pointer of three lines.",
    files: { "model.onnx": "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 4096\n" },
    command,
  },
  CP2007: {
    means: "The file is text, for example a plan, a config, or an error page saved by a download.",
    files: { "model.onnx": '{ "proj_out": { "gather_dim": 1 } }\n' },
    command,
  },
  CP2008: {
    means: "The bytes are not an ONNX model.",
    given: "`model.onnx`, which is an image",
    make: () => writeFileSync("model.onnx", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)),
    command,
  },
  CP2009: {
    means: "The file begins like a model but is truncated or damaged.",
    given: "`model.onnx`, the first 100000 bytes of `flux.onnx`",
    make: () => writeFileSync("model.onnx", fluxBytes(100_000)),
    command,
  },
  CP2010: {
    means: "The version of the file format is older or newer than the supported ones.",
    given: "a model of IR version 14",
    make: () => edited((_, model) => (model.irVersion = 14n)),
    command,
  },
  CP2011: {
    means: "The model names no operator set, so its operators are undefined.",
    given: "a model without opset",
    make: () => edited((_, model) => (model.opsetImport = [])),
    command,
  },
  CP2012: {
    means: "The model's operator set is older or newer than the supported ones.",
    given: "a model of opset 10",
    make: () => edited((_, model) => (model.opsetImport[0]!.version = 10n)),
    command,
  },
  CP2013: {
    means:
      "Exporters may keep modules as local functions of the model, which are inlined when it is read. Operators of another operator set than the model's may mean something else.",
    given: "a model in operator set 18 that calls the function d.f, which is written in operator set 20",
    make: () =>
      edited((graph, model) => {
        const old = create(OperatorSetIdProtoSchema, { domain: "", version: 20n });
        model.functions.push(create(FunctionProtoSchema, { name: "f", domain: "d", opsetImport: [old] }));
        graph.node.push(create(NodeProtoSchema, { name: "call", opType: "f", domain: "d" }));
      }),
    command,
  },
  CP2014: {
    means: "The model was saved for training; only inference is supported.",
    given: "a model with training information",
    make: () => edited((_, model) => model.trainingInfo.push(create(TrainingInfoProtoSchema))),
    command,
  },
  CP2015: {
    means:
      "The structure of the model is larger than that of any real one. [plan-language.md](plan-language.md#limits) lists the limits, which keep time and memory in proportion to the model.",
    given: "`model.onnx`, which has a node with a name of 20,000 letters",
    make: () =>
      edited((graph) => {
        graph.node[0]!.name = "n".repeat(20_000);
      }),
    command,
  },
};
