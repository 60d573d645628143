/**
 * @file An inferred plan as the text of a `.plan.jsonc` file: its entries, and for each line why it is there.
 */
import type { ContextParallelOutput } from "../compiler/plan/types.ts";
import { gathersOf, type Entry, type Line } from "./entries.ts";
import { DEGREES, type Gathering } from "./sites.ts";
import type { Remains } from "./remains.ts";

export interface Printed {
  readonly entries: readonly Entry[];
  /** `$model`: the path of the model as seen from the plan's folder. */
  readonly model: string;
  /** `$attention`; not printed if it is empty. */
  readonly attention: Gathering;
  /** Lines in front of the plan: what it does. */
  readonly about: readonly string[];
  readonly remains: readonly Remains[];
  /** Whole values that are sliced where they meet a split one, by module. */
  readonly sliced: readonly string[];
}

const WIDTH = 140;

export function printPlan({ entries, model, attention, about, remains, sliced }: Printed): string {
  const lines = [
    ...about.flatMap((line) => comment(line, "")),
    "{",
    `  "$model": ${JSON.stringify(model)},`,
    ...attentionLines(attention),
    ...entries.flatMap((entry, i) => entryLines(entry, i === entries.length - 1)),
    ...notes("Sliced by each rank where they meet split values, without an entry:", sliced),
    ...notes(
      "Computed by every rank:",
      remains
        .slice(0, 8)
        .map(({ module, share, why }) => `${percent(share)} of the work, in ${nameOf(module)}: ${why}`),
    ),
    "}",
  ];
  return `${lines.join("\n")}\n`;
}

function attentionLines(attention: Gathering): readonly string[] {
  if (Object.keys(attention).length === 0) return [];
  const why = `few bytes of keys and values: gathered, they are fewer than heads exchanged on ${DEGREES.slice(0, -1).join(", ")} and ${DEGREES.at(-1)} ranks`;
  return [...comment(why, "  "), `  "$attention": ${object(attention)},`];
}

function entryLines(entry: Entry, isLast: boolean): readonly string[] {
  const { pattern, modules, splits, gathers } = entry;
  const key = JSON.stringify(pattern);
  const end = isLast ? "" : ",";
  const many = modules.length > 1 ? [`  // the same in ${modules.length} modules`] : [];
  const inputs = splits.flatMap((line, i) => splitLines(line, "    ", i === splits.length - 1));
  const whys = [...new Set(gathers.map(({ why }) => why))].flatMap((why) => comment(why, "  "));
  const specs = gathersOf(entry);
  const output = isList(specs) ? `[${specs.map(object).join(", ")}]` : object(specs);
  if (specs === null) return [...many, `  ${key}: {`, ...inputs, `  }${end}`];
  if (splits.length === 0) return [...many, ...whys, `  ${key}: ${output}${end}`];
  return [
    ...many,
    `  ${key}: [`,
    "    {",
    ...inputs.map((line) => `  ${line}`),
    "    },",
    ...whys.map((line) => `  ${line}`),
    `    ${output}`,
    `  ]${end}`,
  ];
}

function splitLines({ key, spec, why }: Line, indent: string, isLast: boolean): readonly string[] {
  return [...comment(why, indent), `${indent}${JSON.stringify(key)}: ${object(spec)}${isLast ? "" : ","}`];
}

function isList(specs: ReturnType<typeof gathersOf>): specs is readonly (ContextParallelOutput | null)[] {
  return Array.isArray(specs);
}

function object(spec: object | null): string {
  if (spec === null) return "null";
  const members = Object.entries(spec).map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  return `{ ${members.join(", ")} }`;
}

function notes(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", `  // ${title}`, ...lines.flatMap((line) => comment(`- ${line}`, "  "))];
}

/** Text in lines of a comment. Names of a model may contain anything: a line break would end the comment. */
function comment(text: string, indent: string): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.replace(/[^\x20-\x7e]+/g, "?").split(" ")) {
    if (line !== "" && indent.length + line.length + word.length + 4 > WIDTH) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].map((part) => `${indent}// ${part}`);
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function nameOf(module: string): string {
  return module === "" ? "the root module" : module;
}
