/**
 * @file Examples of errors in the text of a plan: the file and its JSON. Codes CP1000-1199.
 */
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import type { Examples } from "../example.ts";

const command = "onnx-cp check flux.plan.json --model flux.onnx";
const good = `{ "proj_out": { "gather_dim": 1 } }\n`;

export const planFiles: Examples = {
  CP1001: {
    means: "The plan's path does not exist. Paths are relative to the current folder.",
    files: { "flux.plan.json": good },
    command: "onnx-cp check flx.plan.json --model flux.onnx",
  },
  CP1002: {
    means: "The path is a folder. The hint lists the plans inside it.",
    given: "a folder `flux.plan.json`",
    make: () => mkdirSync("flux.plan.json"),
    command,
  },
  CP1003: {
    means: "The file may exist, but the operating system refuses to read it, for the given reason.",
    given: "`flux.plan.json`, a link to itself",
    make: () => symlinkSync("flux.plan.json", "flux.plan.json"),
    command,
  },
  CP1004: {
    means: "Plans are UTF-8. An editor on Windows may have saved the file as UTF-16, or in a legacy code page.",
    given: "`flux.plan.json`, saved as UTF-16",
    make: () => writeFileSync("flux.plan.json", Buffer.from('\ufeff{ "proj_out": { "gather_dim": 1 } }', "utf16le")),
    command,
  },
  CP1005: {
    means: "The file is empty, or contains only white space and comments.",
    files: { "flux.plan.json": "" },
    command,
  },
  CP1006: {
    means:
      "The extension of a plan selects how it is read: `.json` as strict JSON, `.jsonc` with comments, `.ts` as TypeScript.",
    files: { "flux.plan.yaml": "proj_out:\n  gather_dim: 1\n" },
    command: "onnx-cp check flux.plan.yaml --model flux.onnx",
  },
  CP1007: {
    means: "A plan is short. A file of this size is a mistake, or lists modules that one pattern can match.",
    given: "`flux.plan.json` of 5 MiB",
    make: () => {
      writeFileSync("flux.plan.json", "");
      truncateSync("flux.plan.json", 5 * 2 ** 20);
    },
    command,
  },
  CP1008: {
    means:
      "The length of a pipe, a device or a socket is unknown, so only regular files are read. The same holds for a model, " +
      "for tensors and for a program.",
    given: "`flux.plan.json`, a link to `/dev/zero`",
    make: () => symlinkSync("/dev/zero", "flux.plan.json"),
    command,
  },
  CP1009: {
    means: "The first argument is the plan, `--model` is the model; in the API the fields are `plan` and `model`.",
    files: { "flux.plan.json": good },
    command: "onnx-cp check flux.onnx --model flux.plan.json",
  },
  CP1101: {
    means: "The text is not valid JSON. Other checks follow once it is.",
    files: { "flux.plan.json": `{\n  "proj_out": { "gather_dim" 1 }\n}\n` },
    command,
  },
  CP1102: {
    means: "JSON allows no comma after the last element; a `.jsonc` file does.",
    files: { "flux.plan.json": `{\n  "proj_out": { "gather_dim": 1 },\n}\n` },
    command,
  },
  CP1103: {
    means: "The file is read as strict JSON and contains a comment.",
    files: { "flux.plan.json": `{\n  // join the image again\n  "proj_out": { "gather_dim": 1 }\n}\n` },
    command,
  },
  CP1104: {
    means: "An object defines a key twice. JSON readers silently keep the last one; here it is an error.",
    files: { "flux.plan.json": `{\n  "proj_out": { "gather_dim": 2 },\n  "proj_out": { "gather_dim": 1 }\n}\n` },
    command,
  },
  CP1105: {
    means: "Objects and lists are nested deeper than in any plan.",
    given: "`flux.plan.json`: a hundred opening brackets and as many closing ones",
    make: () => writeFileSync("flux.plan.json", `{ "a": ${"[".repeat(100)}${"]".repeat(100)} }`),
    command,
  },
  CP1107: {
    means: "The content of a file is limited as well as its size, so reading it takes seconds at most.",
    given: "`flux.plan.json`: a list of half a million zeros",
    make: () => writeFileSync("flux.plan.json", `{ "a": [${"0,".repeat(500_000)}0] }`),
    command,
  },
  CP1106: {
    means: "After many syntax errors the rest are most likely consequences of the first; they are only counted.",
    given: "`flux.plan.json`: thirty lines `a = 1`",
    make: () => writeFileSync("flux.plan.json", `{\n${"a = 1\n".repeat(30)}}\n`),
    command,
  },
};
