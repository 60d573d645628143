/**
 * @file The commands that are about the command line itself: `help`, `completion` and `explain`. Knows commander, no other command.
 */
import { Argument, type Command, CommanderError } from "commander";
import { suggest } from "../../compiler/diagnostics/suggest.ts";
import { type Found, outcome } from "../outcome.ts";
import type { Shell } from "./completion.ts";

const SHELLS: readonly Shell[] = ["bash", "zsh", "fish"];

/** As `COMMAND --help`; commander's own would print the whole help for an unknown command. */
export function addHelp(program: Command): void {
  program
    .command("help")
    .description("print the help of a command")
    .argument("[COMMAND]", "a command; default: print the list of commands")
    .action((name: string | undefined) => {
      const command = name === undefined ? program : program.commands.find((one) => one.name() === name);
      if (command !== undefined) return command.help();
      const nearest = suggest(
        name ?? "",
        program.commands.map((one) => one.name()),
      );
      const meant = nearest === null ? "" : ` (Did you mean ${nearest}?)`;
      throw new CommanderError(1, "commander.unknownCommand", `unknown command '${name ?? ""}'${meant}`);
    });
}

export function addCompletion(program: Command, found: Found): void {
  program
    .command("completion")
    .description("print a script that completes commands, options and files in a shell")
    .addArgument(new Argument("<SHELL>", "the shell that reads the script").choices(SHELLS))
    .action((shell: Shell) =>
      found("completion", async () => {
        const [{ completionFor }, { interfaceOf }] = await Promise.all([
          import("./completion.ts"),
          import("./interface.ts"),
        ]);
        return outcome([], null, completionFor(shell, interfaceOf(program)));
      }),
    );
}

export function addExplain(program: Command, found: Found): void {
  program
    .command("explain")
    .description("explain a diagnostic by its code, with an example; without a code, list all of them")
    .argument("[CODE]", "a code such as CP4015")
    .action((code: string | undefined) =>
      found("explain", async (io) => (await import("../commands/explain.ts")).explainCode(code, io)),
    );
}
