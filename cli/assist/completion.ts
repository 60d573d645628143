/**
 * @file Completion scripts for shells, from the commands as data. Each is static text: a shell starts no process to complete a word.
 */
import type { CommandFace, OptionFace, Values } from "./interface.ts";

export type Shell = "bash" | "zsh" | "fish";

type Commands = readonly CommandFace[];

export function completionFor(shell: Shell, commands: Commands): string {
  return { bash, zsh, fish }[shell](commands);
}

function bash(commands: Commands): string {
  const cases = commands.map(({ name, options, argument }) =>
    [
      `    ${name})`,
      '      case "$previous" in',
      ...options.flatMap((option) => bashValue(option)),
      "      esac",
      `      if [[ $word == -* ]]; then _onnx_cp_words "${options.flatMap(({ flags }) => flags).join(" ")}"`,
      `      else ${argument === null ? ":" : bashWords(argument)}`,
      "      fi ;;",
    ].join("\n"),
  );
  return `# Completion of onnx-cp for bash. Put it in ~/.bashrc: source <(onnx-cp completion bash)
_onnx_cp_words() { COMPREPLY=($(compgen -W "$1" -- "$word")); }
_onnx_cp_files() {
  local IFS=$'\\n' ending
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -d -- "$word"))
  [[ $# -eq 0 ]] && COMPREPLY=($(compgen -f -- "$word"))
  for ending in "$@"; do COMPREPLY+=($(compgen -f -X "!*$ending" -- "$word")); done
}
_onnx_cp() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    _onnx_cp_words "${commands.map(({ name }) => name).join(" ")} --help --version --no-color"
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
}
complete -F _onnx_cp onnx-cp
`;
}

/** The line of an option whose value is the current word. A value that is optional may also be the next option. */
function bashValue({ flags, values, optional }: OptionFace): readonly string[] {
  if (values === null) return [];
  const guard = optional ? "[[ $word == -* ]] || " : "";
  return [`        ${flags.join("|")}) ${guard}{ ${bashWords(values)}; return; } ;;`];
}

function bashWords(values: Values): string {
  if (values.kind === "choices") return `_onnx_cp_words "${values.choices.join(" ")}"`;
  if (values.kind === "files") return ["_onnx_cp_files", ...values.endings].join(" ");
  return values.kind === "folders" ? "_onnx_cp_files /" : ":";
}

function zsh(commands: Commands): string {
  const cases = commands.map(({ name, options, argument }) =>
    [
      `    ${name})`,
      "      _arguments -s \\",
      ...options.flatMap((option) => zshOption(option).map((line) => `        ${line} \\`)),
      `        ${argument === null ? "" : quoted(`*:argument:${zshWords(argument)}`)} ;;`,
    ].join("\n"),
  );
  return `#compdef onnx-cp
# Completion of onnx-cp for zsh. Put it in ~/.zshrc, after compinit: source <(onnx-cp completion zsh)
_onnx_cp() {
  local -a commands=(
${commands.map(({ name, about }) => `    ${quoted(`${name}:${about.replaceAll(":", "\\:")}`)}`).join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join("\n")}
  esac
}
compdef _onnx_cp onnx-cp
`;
}

function zshOption({ flags, about, values, optional }: OptionFace): readonly string[] {
  const text = `[${about.replaceAll(/[[\]\\:]/g, "\\$&")}]`;
  const value = values === null ? "" : `${optional ? "::" : ":"}value:${zshWords(values)}`;
  return flags.map((flag) => quoted(`*${flag}${text}${value}`));
}

function zshWords(values: Values): string {
  if (values.kind === "choices") return `(${values.choices.join(" ")})`;
  if (values.kind === "folders") return "_files -/";
  if (values.kind === "text") return " ";
  return values.endings.length === 0 ? "_files" : `_files -g "*(${values.endings.join("|")})"`;
}

function fish(commands: Commands): string {
  const first = commands.map(
    ({ name, about }) => `complete -c onnx-cp -n __fish_use_subcommand -f -a ${name} -d ${quoted(about)}`,
  );
  const rest = commands.flatMap(({ name, options, argument }) => {
    const within = `complete -c onnx-cp -n '__fish_seen_subcommand_from ${name}'`;
    const lines = options.map(({ flags, about, values, optional }) =>
      [within, ...flags.map(fishFlag), `-d ${quoted(about)}`, values === null ? "" : fishWords(values, optional)].join(
        " ",
      ),
    );
    return [...lines, ...(argument === null ? [] : [`${within} ${fishWords(argument, true)}`])].map((line) =>
      line.trimEnd(),
    );
  });
  return `# Completion of onnx-cp for fish. Put it in ~/.config/fish/config.fish: onnx-cp completion fish | source
function __onnx_cp_files
  __fish_complete_directories (commandline -ct)
  for ending in $argv
    __fish_complete_suffix $ending
  end
end
complete -c onnx-cp -f
${[...first, ...rest].join("\n")}
`;
}

function fishFlag(flag: string): string {
  return flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`;
}

/** `-x`: the option needs a value, and no other file is offered. */
function fishWords(values: Values, optional: boolean): string {
  const needs = optional ? "" : "-x ";
  if (values.kind === "choices") return `${needs}-a ${quoted(values.choices.join(" "))}`;
  if (values.kind === "folders") return `${needs}-a '(__fish_complete_directories (commandline -ct))'`;
  if (values.kind === "text") return optional ? "" : "-x";
  return values.endings.length === 0
    ? `${optional ? "-F" : "-r -F"}`
    : `${needs}-a '(__onnx_cp_files ${values.endings.join(" ")})'`;
}

/** A word in single quotes. Descriptions have none themselves, but for a shell's escape. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
