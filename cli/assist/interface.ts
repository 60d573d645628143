/**
 * @file The commands with their options as data, as completion scripts need them. Reads them from commander's objects.
 */
import type { Argument, Command, Option } from "commander";

/** What stands for a value: one of some words, a file with one of some endings, any file, a folder, or text that nobody completes. */
export type Values =
  | { readonly kind: "choices"; readonly choices: readonly string[] }
  | { readonly kind: "files"; readonly endings: readonly string[] }
  | { readonly kind: "folders" }
  | { readonly kind: "text" };

export interface OptionFace {
  /** `--model`, and `-h` where there is a short one. */
  readonly flags: readonly string[];
  readonly about: string;
  /** `null` for an option without a value. */
  readonly values: Values | null;
  /** The value may be left out. */
  readonly optional: boolean;
}

export interface CommandFace {
  readonly name: string;
  readonly about: string;
  readonly options: readonly OptionFace[];
  /** Of the first argument; `null` for a command without arguments. */
  readonly argument: Values | null;
}

const PLANS = [".plan.json", ".plan.jsonc", ".plan.ts"];

/** By the word that stands for the value in the help. */
const FILES: Readonly<Partial<Record<string, Values>>> = {
  MODEL: { kind: "files", endings: [".onnx"] },
  PLAN: { kind: "files", endings: PLANS },
  FILE: { kind: "files", endings: [] },
  "FILE.npz": { kind: "files", endings: [".npz"] },
  DIR: { kind: "folders" },
  // A program's folder, or a plan; a shell offers folders among files.
  TARGET: { kind: "files", endings: PLANS },
};

export function interfaceOf(program: Command): readonly CommandFace[] {
  const shared = program.options.filter(({ long, hidden }) => long !== "--version" && !hidden).map(optionFace);
  const help: OptionFace = { flags: ["-h", "--help"], about: "print this help", values: null, optional: false };
  return program.commands.map((command) => ({
    name: command.name(),
    about: command.description(),
    options: [...command.options.filter(({ hidden }) => !hidden).map(optionFace), ...shared, help],
    argument: argumentOf(program, command, command.registeredArguments[0]),
  }));
}

function optionFace(option: Option): OptionFace {
  const { short, long, description, required, optional, argChoices } = option;
  const flags = [short, long].filter((flag) => flag !== undefined);
  const word = /[<[]([^>\]]+)[>\]]/.exec(option.flags)?.[1] ?? "";
  return { flags, about: description, values: required || optional ? valuesOf(word, argChoices) : null, optional };
}

function argumentOf(program: Command, command: Command, argument: Argument | undefined): Values | null {
  if (argument === undefined) return null;
  if (command.name() === "help") return { kind: "choices", choices: program.commands.map((one) => one.name()) };
  return valuesOf(argument.name(), argument.argChoices);
}

function valuesOf(word: string, choices: readonly string[] | undefined): Values {
  return choices === undefined ? (FILES[word] ?? { kind: "text" }) : { kind: "choices", choices };
}
