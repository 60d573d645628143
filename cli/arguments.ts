/**
 * @file The commands and their arguments. Turns `argv` into what to do, without doing it: a command's code is loaded only
 * when it runs.
 */
import { Command, CommanderError, Option } from "commander";
import type { CheckOptions } from "./commands/check.ts";
import type { CompileCommandOptions } from "./commands/compile.ts";
import type { InspectOptions } from "./commands/inspect.ts";
import type { RunOptions } from "./commands/run.ts";
import type { SchemaOptions } from "./commands/schema.ts";
import type { Io } from "./io.ts";
import { addCompileOptions, degree, formatOption, stageNames } from "./options.ts";
import type { Outcome } from "./outcome.ts";

/** What the arguments request. */
export type Request =
  | { readonly kind: "command"; readonly name: string; readonly perform: (io: Io) => Promise<Outcome> }
  | { readonly kind: "print"; readonly text: string }
  | { readonly kind: "usage"; readonly problem: string; readonly command: string };

type Perform = (io: Io) => Promise<Outcome>;
type Found = (name: string, perform: Perform) => void;

/** Reads the arguments; never throws for user errors. */
export function parseArguments(argv: readonly string[], version: string): Request {
  const printed: string[] = [];
  let request: Request | undefined;
  const program = build(version, (name, perform) => (request = { kind: "command", name, perform }));
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeOut: (text) => printed.push(text), writeErr: () => {} });
  }
  try {
    program.parse(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: "print", text: printed.join("") };
    return { kind: "usage", problem: problemOf(error), command: commandOf(argv, program) };
  }
  return request ?? { kind: "usage", problem: "a command is needed", command: "" };
}

function build(version: string, found: Found): Command {
  const program = new Command("onnx-cp")
    .description("Compiles a context-parallel plan for an ONNX diffusion transformer and runs it on several devices.")
    .version(version, "--version", "print the version")
    .helpOption("--help", "print this help")
    .helpCommand(false)
    .addHelpText(
      "after",
      "\nExit codes: 0 fine, 1 plan, model or inputs wrong, 2 wrong usage, 3 verification failed, 4 fault.",
    );
  addInspect(program, found);
  addCheck(program, found);
  addCompile(program, found);
  addRun(program, found);
  addSchema(program, found);
  for (const command of program.commands) command.helpOption("--help", "print this help").addOption(formatOption());
  return program;
}

function addInspect(program: Command, found: Found): void {
  program
    .command("inspect")
    .description("show the modules of a model and what a plan can address")
    .argument("<MODEL>", "an ONNX file")
    .option("--module <PATTERN>", "only modules that match, such as transformer_blocks.*")
    .action((model: string, options: InspectOptions) =>
      found("inspect", async () => (await import("./commands/inspect.ts")).inspect(model, options)),
    );
}

function addCheck(program: Command, found: Found): void {
  const command = program
    .command("check")
    .description("compile without writing and say everything that is wrong")
    .argument("<PLAN>", "a *.plan.json, *.plan.jsonc or *.plan.ts file")
    .option("--explain [PATTERN]", "print how the values of modules are laid out, and why")
    .option("--simulate", "run all ranks here and compare every value with the unsplit model");
  addCompileOptions(command).action((plan: string, options: CheckOptions) => {
    found("check", async (io) => (await import("./commands/check.ts")).check(plan, options, io));
  });
}

function addCompile(program: Command, found: Found): void {
  const command = program
    .command("compile")
    .description("compile a plan and write the program")
    .argument("<PLAN>", "a *.plan.json, *.plan.jsonc or *.plan.ts file")
    .option("--out <DIR>", "the folder to write, with program.json and its pieces")
    .addOption(new Option("--dump <STAGE>", "print the result of a stage").choices(stageNames));
  addCompileOptions(command).action((plan: string, options: CompileCommandOptions) => {
    need(command, "out");
    found("compile", async (io) => (await import("./commands/compile.ts")).compile(plan, options, io));
  });
}

function addRun(program: Command, found: Found): void {
  const command = program
    .command("run")
    .description("run a compiled program, or a plan with its model, on N devices")
    .argument("<TARGET>", "a program's folder, or a plan")
    .option("--inputs <FILE>", "an .npz with one array per input")
    .option("--outputs <FILE>", "the .npz to write, one array per output")
    .option("--verify", "also run the unsplit model and compare")
    .addOption(new Option("--steps <K>", "run K times with the same inputs").argParser(degree).default(1))
    .addOption(
      new Option("--world <WORLD>", "how the ranks reach each other").choices(["threads", "mpi"]).default("threads"),
    );
  addCompileOptions(command).action((target: string, options: RunOptions) => {
    need(command, "inputs");
    found("run", async (io) => (await import("./commands/run.ts")).run(target, options, io));
  });
}

function addSchema(program: Command, found: Found): void {
  program
    .command("schema")
    .description("print the JSON Schema of plans, or one that knows a model's modules and parameters")
    .argument("[MODEL]", "an ONNX file")
    .option("--out <FILE>", "write it there")
    .action((model: string | undefined, options: SchemaOptions) =>
      found("schema", async (io) => (await import("./commands/schema.ts")).schema(model, options, io)),
    );
}

/** Required options, checked last: a misspelt option is reported as unknown, not as missing. */
function need(command: Command, ...names: readonly string[]): void {
  for (const option of command.options) {
    const missing =
      names.includes(option.attributeName()) && command.getOptionValue(option.attributeName()) === undefined;
    if (missing) command.error(`the option ${option.flags} is needed`);
  }
}

/** Commander's message without its label, on one line; without a command it would print the whole help. */
function problemOf(error: CommanderError): string {
  if (error.code === "commander.help") return "a command is needed";
  return error.message.replace(/^error: /, "").replaceAll(/\s*\n\s*/g, " ");
}

function commandOf(argv: readonly string[], program: Command): string {
  const names = new Set(program.commands.map((command) => command.name()));
  return argv.find((argument) => names.has(argument)) ?? "";
}
