/**
 * @file The text of docs/errors.md.
 */
import type { Entry } from "./catalogue.ts";
import type { Example } from "./example.ts";

/** An entry, its example, and the diagnostic as a terminal shows it. */
export interface Section {
  readonly entry: Entry;
  readonly example: Example;
  readonly printed: string;
}

const CHAPTERS: Readonly<Record<string, string>> = {
  plan: "Reading a plan",
  "plan-rules": "Checking a plan or a config",
  levels: "Levels of a plan",
  model: "Reading a model",
  canonical: "Canonicalising a model",
  bind: "Binding the plan to the model",
  reserved: "Reserved keys of a plan",
  names: "Names of modules",
  shard: "Proving the split",
  batch: "Splitting the batch",
  pairs: "Values of all pairs of tokens",
  products: "Products that are no known attention",
  infer: "Inferring a plan",
  gain: "What a plan gives",
  sizes: "Sizes that depend on data",
  program: "Reading a program",
  lower: "Writing a program",
  verify: "Comparing with the unsplit model",
  inputs: "Inputs of a run",
  runtime: "Attaching and running",
  world: "Ranks as processes",
  devices: "Devices",
  cli: "Command line",
  "tensor-files": "Tensor files",
};

const INTRODUCTION = `# Diagnostics

Every diagnostic has a stable code. This page is generated (\`npm run errors\`): each diagnostic below was printed by
running its example. In the examples, \`flux.onnx\`, \`wan.onnx\` and similar names are the small exports of \`test/fixtures\`, and \`flux.npz\` contains
inputs for the first. Checksums are omitted. A command may also print diagnostics that are not shown here. [mistakes.md](mistakes.md)
explains common mistakes step by step.

The message and the hint of a diagnostic are built from its parameters. With \`--format json\`, a diagnostic is an object as described in [cli.md](cli.md).

`;

export function pageOf(sections: readonly Section[]): string {
  const parts = [...new Set(sections.map(({ entry }) => entry.part))];
  const chapters = parts.map((part) => {
    const own = sections.filter(({ entry }) => entry.part === part);
    return `## ${CHAPTERS[part] ?? part}\n\n${own.map(sectionText).join("\n")}`;
  });
  const index = sections.map(
    ({ entry }) => `| [${entry.code}](#${entry.code.toLowerCase()}) | ${entry.severity} | ${entry.title} |\n`,
  );
  return `${INTRODUCTION}| code | severity | |\n|---|---|---|\n${index.join("")}\n${chapters.join("\n")}`;
}

function sectionText({ entry, example, printed }: Section): string {
  const { code, severity, title, parameters } = entry;
  const { means, files = {}, given, command } = example;
  const texts = Object.entries(files).map(([name, text]) => `\`${name}\`\n\n${fence(languageOf(name), text)}\n`);
  return [
    `### ${code}\n\n**${title}** (${severity})\n\n${means}\n\n`,
    parameters.length === 0
      ? ""
      : `Parameters: ${parameters.map(({ name, type }) => `\`${name}: ${type}\``).join(", ")}\n\n`,
    ...texts,
    given === undefined ? "" : `With ${given}:\n\n`,
    fence(/^(onnx-cp|mpirun) /.test(command) ? "sh" : "ts", `${command}\n`),
    `\n${fence("text", printed)}`,
  ].join("");
}

function languageOf(name: string): string {
  return /\.m?(jsonc?|ts|js)$/.exec(name)?.[1] ?? "text";
}

function fence(language: string, text: string): string {
  return `\`\`\`${language}\n${text}${text === "" || text.endsWith("\n") ? "" : "\n"}\`\`\`\n`;
}
