/**
 * @file The commands and their arguments. Turns `argv` into what to do, without doing it: a command's code is loaded only
 * when it runs.
 */
import { Command, CommanderError, Option } from "commander";
import type { AdviseCommandOptions } from "./commands/advise.ts";
import type { BenchOptions } from "./commands/bench.ts";
import type { CheckOptions } from "./commands/check.ts";
import type { CompileCommandOptions } from "./commands/compile.ts";
import type { InitOptions } from "./commands/init.ts";
import type { InspectOptions } from "./commands/inspect.ts";
import type { RunOptions } from "./commands/run.ts";
import type { SchemaOptions } from "./commands/schema.ts";
import { addAdviseOptions } from "./advise-options.ts";
import { addCompletion, addExplain, addHelp } from "./assist/commands.ts";
import { addCompileOptions, degree, formatOption, shapeOption, sharesOption, stageNames } from "./options.ts";
import type { Found, Perform } from "./outcome.ts";

/** What the arguments request. */
export type Request =
  | { readonly kind: "command"; readonly name: string; readonly perform: Perform }
  | { readonly kind: "print"; readonly text: string }
  | { readonly kind: "usage"; readonly problem: string; readonly command: string };

/** Reads the arguments; never throws for user errors. */
export function parseArguments(argv: readonly string[], version: string): Request {
  const printed: string[] = [];
  let request: Request | undefined;
  const program = build(version, (name, perform) => (request = { kind: "command", name, perform }));
  program.on("option:V", () => {
    printed.push(`${version}\n`);
    throw new CommanderError(0, "commander.version", version);
  });
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
  return request ?? { kind: "usage", problem: "a command is required", command: "" };
}

function build(version: string, found: Found): Command {
  const program = new Command("onnx-cp")
    .description("Compile a context-parallel plan for an ONNX diffusion transformer and run it on several devices.")
    .version(version, "-v, --version", "print the version")
    .addOption(new Option("-V", "print the version").hideHelp())
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    .option("--no-color", "print no colors, as with the variable NO_COLOR")
    .addHelpText(
      "after",
      "\nExit codes: 0 success, 1 error in the plan, model or inputs, 2 wrong usage, 3 verification failed, 4 fault during a run.",
    );
  addInspect(program, found);
  addInit(program, found);
  addCheck(program, found);
  addCompile(program, found);
  addRun(program, found);
  addBench(program, found);
  addAdvise(program, found);
  addSchema(program, found);
  addExplain(program, found);
  for (const command of program.commands) command.addOption(formatOption(command.name()));
  addLsp(program, found, version);
  addCompletion(program, found);
  addHelp(program);
  for (const command of program.commands) {
    command.helpOption("-h, --help", "print this help").configureHelp({ showGlobalOptions: true });
  }
  return program;
}

const PLAN_FILE = "a *.plan.json, *.plan.jsonc or *.plan.ts file, or - for standard input";

function addInspect(program: Command, found: Found): void {
  program
    .command("inspect")
    .description("show the modules of a model and what a plan can address")
    .argument("<MODEL>", "an ONNX file")
    .option("--module <PATTERN>", "show only matching modules, such as transformer_blocks.*; blocks are not folded")
    .addOption(new Option("--depth <N>", "show modules of at most N names, such as 2 for blocks.0").argParser(degree))
    .action((model: string, options: InspectOptions) =>
      found("inspect", async (io) => (await import("./commands/inspect.ts")).inspect(model, options, io)),
    );
}

function addInit(program: Command, found: Found): void {
  program
    .command("init")
    .description("infer a plan for a model, prove it, and print it with a reason on each line")
    .argument("<MODEL>", "an ONNX file")
    .option("--out <PLAN>", "write it to this new *.plan.jsonc file")
    .addOption(shapeOption())
    .action((model: string, options: InitOptions) =>
      found("init", async (io) => (await import("./commands/init.ts")).init(model, options, io)),
    );
}

function addCheck(program: Command, found: Found): void {
  const command = program
    .command("check")
    .description("compile without writing and report every problem")
    .argument("<PLAN...>", `${PLAN_FILE}; several are checked in turn`)
    .option("--explain [PATTERN]", "print the layouts of the values of modules, with reasons")
    .option("--simulate", "simulate all ranks and compare every value with the unsplit model")
    .option("--inputs <FILE.npz>", "an archive with one array per input, for --simulate; default: sample inputs")
    .option("--watch", "check again whenever a plan, a file that it imports, or the model changes; Ctrl-C ends it")
    .addOption(sharesOption(false));
  addCompileOptions(command).action((plans: readonly string[], options: CheckOptions) => {
    found("check", async (io, show) => (await import("./commands/check.ts")).check(plans, options, io, show));
  });
}

function addCompile(program: Command, found: Found): void {
  const command = program
    .command("compile")
    .description("compile a plan and write the program")
    .argument("<PLAN>", PLAN_FILE)
    .option("--out <DIR>", "the output folder, for program.json and the pieces")
    .option("--copy-weights", "copy the model and its data into the folder, which then needs nothing outside it")
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
    .argument("<TARGET>", "a program's folder, or a plan: a file, or - for standard input")
    .option("--inputs <FILE>", "an .npz file with one array per input")
    .option("--outputs <FILE>", "the .npz file to write, with one array per output")
    .option("--verify", "also run the unsplit model and compare")
    .addOption(sharesOption(true))
    .addOption(new Option("--steps <K>", "run K times with the same inputs").argParser(degree).default(1))
    .addOption(
      new Option("--world <WORLD>", "how the ranks communicate").choices(["threads", "mpi"]).default("threads"),
    );
  addCompileOptions(command).action((target: string, options: RunOptions) => {
    need(command, "inputs");
    found("run", async (io) => (await import("./commands/run.ts")).run(target, options, io));
  });
}

function addBench(program: Command, found: Found): void {
  const command = program
    .command("bench")
    .description("measure a plan in turn with one plain session of its model on the same cores")
    .argument("<PLAN>", PLAN_FILE)
    .option("--inputs <FILE>", "an .npz file with one array per input; default: sample inputs of the given --shape")
    .addOption(new Option("--rounds <N>", "how often each side runs for its time").argParser(degree).default(5));
  addCompileOptions(command).action((plan: string, options: BenchOptions) => {
    found("bench", async (io) => (await import("./commands/bench.ts")).bench(plan, options, io));
  });
}

function addAdvise(program: Command, found: Found): void {
  const command = program
    .command("advise")
    .description("compare the meshes of several numbers of devices: bytes, memory, time, and which to take")
    .argument("<PLAN>", PLAN_FILE);
  addAdviseOptions(command).action((plan: string, options: AdviseCommandOptions) => {
    need(command, "devices");
    found("advise", async (io) => (await import("./commands/advise.ts")).adviseCommand(plan, options, io));
  });
}

function addSchema(program: Command, found: Found): void {
  program
    .command("schema")
    .description("print the JSON Schema of plans, or one specific to the modules and parameters of a model")
    .argument("[MODEL]", "an ONNX file")
    .option("--out <FILE>", "write it to this file")
    .option("--types", "print TypeScript types of the model's plans instead of a schema")
    .action((model: string | undefined, options: SchemaOptions) =>
      found("schema", async (io) => (await import("./commands/schema.ts")).schema(model, options, io)),
    );
}

function addLsp(program: Command, found: Found, version: string): void {
  const command = program
    .command("lsp")
    .description("serve an editor: problems, fixes, completion and hover while a plan is written")
    .option("--stdio", "speak the Language Server Protocol on standard input and output");
  command.action(() => {
    need(command, "stdio");
    found("lsp", async (io) => (await import("./commands/lsp.ts")).lsp(version, io));
  });
}

/** Required options, checked last: a misspelt option is reported as unknown, not as missing. */
function need(command: Command, ...names: readonly string[]): void {
  for (const option of command.options) {
    const missing =
      names.includes(option.attributeName()) && command.getOptionValue(option.attributeName()) === undefined;
    if (missing) command.error(`the option ${option.flags} is required`);
  }
}

/** Commander's message without its label, on one line; without a command it would print the whole help. */
function problemOf(error: CommanderError): string {
  if (error.code === "commander.help") return "a command is required";
  return error.message.replace(/^error: /, "").replaceAll(/\s*\n\s*/g, " ");
}

function commandOf(argv: readonly string[], program: Command): string {
  const names = new Set(program.commands.map((command) => command.name()));
  const name = argv.find((argument) => names.has(argument)) ?? "";
  return name === "help" ? "" : name;
}
