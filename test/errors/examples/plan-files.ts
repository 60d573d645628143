/**
 * @file Examples of errors in the text of a plan: the file and its JSON. Codes CP1000-1199.
 */
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import type { Examples } from "../example.ts";

const command = "onnx-cp check flux.plan.json --model flux.onnx";
const good = `{ "proj_out": { "gather_dim": 1 } }\n`;

export const planFiles: Examples = {
  CP1001: {
    means: "The plan's path leads to no file. A path is taken from the folder in which the command is called.",
    files: { "flux.plan.json": good },
    command: "onnx-cp check flx.plan.json --model flux.onnx",
  },
  CP1002: {
    means: "The path leads to a folder. The hint lists the plans that it holds.",
    given: "a folder `flux.plan.json`",
    make: () => mkdirSync("flux.plan.json"),
    command,
  },
  CP1003: {
    means: "The file is there, or may be, but the operating system refuses to read it: the reason is its own.",
    given: "`flux.plan.json`, a link to itself",
    make: () => symlinkSync("flux.plan.json", "flux.plan.json"),
    command,
  },
  CP1004: {
    means: "Plans are UTF-8. An editor on Windows may have saved the file as UTF-16, or in a code page of its own.",
    given: "`flux.plan.json`, saved as UTF-16",
    make: () => writeFileSync("flux.plan.json", Buffer.from('\ufeff{ "proj_out": { "gather_dim": 1 } }', "utf16le")),
    command,
  },
  CP1005: {
    means: "The file holds nothing, or only white space and comments.",
    files: { "flux.plan.json": "" },
    command,
  },
  CP1006: {
    means:
      "The ending of a plan's name says how it is read: `.json` to the letter, `.jsonc` with comments, `.ts` as TypeScript.",
    files: { "flux.plan.yaml": "proj_out:\n  gather_dim: 1\n" },
    command: "onnx-cp check flux.plan.yaml --model flux.onnx",
  },
  CP1007: {
    means: "A plan has some lines. A file of this size was made by mistake, or spells out what a pattern says at once.",
    given: "`flux.plan.json` of 5 MiB",
    make: () => {
      writeFileSync("flux.plan.json", "");
      truncateSync("flux.plan.json", 5 * 2 ** 20);
    },
    command,
  },
  CP1008: {
    means:
      "A pipe, a device or a socket has no end that can be known. The text may come from anywhere, but it stands in a file. The same holds for a model, " +
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
    means: "The text is no JSON. Only after it is can anything else be checked.",
    files: { "flux.plan.json": `{\n  "proj_out": { "gather_dim" 1 }\n}\n` },
    command,
  },
  CP1102: {
    means: "JSON knows no comma after the last element; a `.jsonc` file may have one.",
    files: { "flux.plan.json": `{\n  "proj_out": { "gather_dim": 1 },\n}\n` },
    command,
  },
  CP1103: {
    means: "A comment in a file that is read as strict JSON.",
    files: { "flux.plan.json": `{\n  // join the image again\n  "proj_out": { "gather_dim": 1 }\n}\n` },
    command,
  },
  CP1104: {
    means: "A key stands twice in one object. JSON readers keep the last one in silence; here it is an error.",
    files: { "flux.plan.json": `{\n  "proj_out": { "gather_dim": 2 },\n  "proj_out": { "gather_dim": 1 }\n}\n` },
    command,
  },
  CP1105: {
    means: "Objects and lists are nested without end, as no plan is.",
    given: "`flux.plan.json`: a hundred opening brackets and as many closing ones",
    make: () => writeFileSync("flux.plan.json", `{ "a": ${"[".repeat(100)}${"]".repeat(100)} }`),
    command,
  },
  CP1107: {
    means: "What a file says is bounded as well as its size, so that reading it takes seconds at most.",
    given: "`flux.plan.json`: a list of half a million zeros",
    make: () => writeFileSync("flux.plan.json", `{ "a": [${"0,".repeat(500_000)}0] }`),
    command,
  },
  CP1106: {
    means: "After many syntax errors the rest is most likely a consequence of the first, and only counted.",
    given: "`flux.plan.json`: thirty lines `a = 1`",
    make: () => writeFileSync("flux.plan.json", `{\n${"a = 1\n".repeat(30)}}\n`),
    command,
  },
};
