/**
 * @file Applies a hint literally: edits the plan, the options, or the inputs by its words alone. Knows no model.
 */
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import type { OrtTensor, OrtTensors } from "../../ort/types.ts";

export interface Attempt {
  /** Text of the plan file. */
  readonly plan: string;
  readonly options: string;
  /** Of a run; a check has none. */
  readonly feeds: OrtTensors | null;
}

type Change = (attempt: Attempt, found: readonly string[], diagnostic: Diagnostic) => Attempt;
type Entries = Record<string, unknown>;

/** Forms of hints, and what they ask for. */
const FORMS: readonly (readonly [RegExp, Change])[] = [
  [
    /add "([^$"]*)": (\{.*\}) to the plan/,
    (a, [, module = "", entry = ""]) => edit(a, (plan) => (plan[module] = JSON.parse(entry))),
  ],
  [
    /add (".*\}) under ""/,
    (a, [, members]) =>
      edit(a, (plan) => (plan[""] = { ...(plan[""] as Entries), ...(JSON.parse(`{${members}}`) as Entries) })),
  ],
  [
    /^write "(\w+)": (-?\d+)/,
    (a, [, key, number], d) =>
      replace(a, d, (text) => text.replace(new RegExp(`"${key}": -?\\d+`), `"${key}": ${number}`)),
  ],
  [/an integer, without quotes/, (a, _, d) => replace(a, d, (text) => text.replaceAll('"', ""))],
  [
    /^Write this under a parameter name: \{ "(\w+)": /,
    (a, [, parameter = ""], d) =>
      edit(a, (plan) => {
        const module = moduleAt(a, d);
        plan[module] = { [parameter]: plan[module] };
      }),
  ],
  [
    /^modules do not nest: write the path as one key, "(.*)\.([^.]*)": /,
    (a, [, outer = "", inner = ""]) =>
      edit(a, (plan) => {
        const { [inner]: entry, ...rest } = plan[outer] as Entries;
        if (Object.keys(rest).length === 0) delete plan[outer];
        else plan[outer] = rest;
        plan[`${outer}.${inner}`] = entry;
      }),
  ],
  [/did you mean (".*")\?/, (a, [, name = ""], d) => replace(a, d, () => name)],
  [
    /write the entry for (.*) instead of the pattern/,
    (a, [, names = ""], d) => spell(a, JSON.parse(`[${names}]`) as string[], d),
  ],
  [/remove the entry/, (a, _, d) => remove(a, d)],
  [
    /use ulysses_degree (\d+) and ring_degree (\d+)/,
    (a, [, u, r]) => ({ ...a, options: `--ulysses-degree ${u} --ring-degree ${r}` }),
  ],
  [
    /add "(\$attention)": (\{.*?\}) to the plan/,
    (a, [, key = "", members = ""]) =>
      edit(a, (plan) => (plan[key] = { ...(plan[key] as Entries), ...(JSON.parse(members) as Entries) })),
  ],
  [
    /give axis (\d) of "(\w+)" and axis (\d) of "(\w+)" the same extent/,
    (a, [, i, x = "", j, y = ""]) => same(a, [x, Number(i)], [y, Number(j)]),
  ],
];

/**
 * Throws if the hint asks for nothing that can be done by its words alone. Of the alternatives of a hint, takes the first that has `words`.
 */
export function applyHint(attempt: Attempt, diagnostic: Diagnostic, words = ""): Attempt {
  for (const [form, change] of FORMS) {
    const found = form.exec(diagnostic.hint ?? "");
    if (found?.[0].includes(words) === true) return change(attempt, found, diagnostic);
  }
  throw new Error(`nothing to do in the hint "${diagnostic.hint}" of ${diagnostic.code}: ${diagnostic.message}`);
}

function edit(attempt: Attempt, change: (plan: Entries) => void): Attempt {
  const plan = JSON.parse(attempt.plan) as Entries;
  change(plan);
  return { ...attempt, plan: textOf(plan) };
}

/** The key of the plan around a diagnostic at a key of its entry. */
function moduleAt({ plan }: Attempt, { start, end }: Diagnostic): string {
  const marked = `${plan.slice(0, start?.offset)}${JSON.stringify(MARK)}${plan.slice(end?.offset)}`;
  const entries = Object.entries(JSON.parse(marked) as Record<string, Entries>);
  return entries.find(([, entry]) => MARK in entry)?.[0] ?? "";
}

/** The part of the plan that a diagnostic points to, rewritten. */
function replace(attempt: Attempt, { start, end }: Diagnostic, rewrite: (text: string) => string): Attempt {
  const { plan } = attempt;
  const [from, to] = [start?.offset ?? 0, end?.offset ?? 0];
  return { ...attempt, plan: plan.slice(0, from) + rewrite(plan.slice(from, to)) + plan.slice(to) };
}

const MARK = "to be removed";

/** The member that a diagnostic points to, by its value or by its key. */
function remove(attempt: Attempt, diagnostic: Diagnostic): Attempt {
  const marked = replace(attempt, diagnostic, () => JSON.stringify(MARK));
  return edit(marked, (plan) => {
    for (const [module, entry] of Object.entries(plan)) {
      const members = entry as Entries;
      for (const key of Object.keys(members)) if (members[key] === MARK) delete members[key];
      if (Object.keys(members).length === 0) delete plan[module];
    }
  });
}

/** An entry under a pattern, written once for each module. */
function spell(attempt: Attempt, modules: readonly string[], diagnostic: Diagnostic): Attempt {
  const marked = JSON.parse(replace(attempt, diagnostic, () => JSON.stringify(MARK)).plan) as Record<string, Entries>;
  return edit(attempt, (plan) => {
    const pattern = Object.keys(marked).find((key) => Object.values(marked[key]!).includes(MARK)) ?? "";
    // A module that has an entry for its outputs already gets both.
    for (const module of modules) plan[module] = module in plan ? [plan[pattern], plan[module]] : plan[pattern];
    delete plan[pattern];
  });
}

/** Both inputs cut to the shorter of the two. */
function same(attempt: Attempt, first: readonly [string, number], second: readonly [string, number]): Attempt {
  const feeds = { ...attempt.feeds };
  const extent = Math.min(...[first, second].map(([name, axis]) => feeds[name]!.dims[axis]!));
  for (const [name, axis] of [first, second]) feeds[name] = cut(feeds[name]!, axis, extent);
  return { ...attempt, feeds };
}

/** The first rows of a tensor of which all axes before `axis` are 1. */
function cut({ elem, dims, data }: OrtTensor, axis: number, extent: number): OrtTensor {
  const row = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  return { elem, dims: dims.with(axis, extent), data: data.slice(0, extent * row) } as OrtTensor;
}

/** Two levels of a plan on lines of their own, as a person would write it. */
export function textOf(plan: Entries): string {
  const spec = (value: unknown): string =>
    JSON.stringify(value)
      .replaceAll(/([{,:])(?=[^\s])/g, "$1 ")
      .replaceAll("}", " }");
  const entries = Object.entries(plan).map(([module, entry]) => {
    const isSpec = Array.isArray(entry) || Object.values(entry as Entries).every((value) => typeof value !== "object");
    if (isSpec) return `  ${JSON.stringify(module)}: ${spec(entry)}`;
    const members = Object.entries(entry as Entries).map(
      ([key, value]) => `    ${JSON.stringify(key)}: ${spec(value)}`,
    );
    return `  ${JSON.stringify(module)}: {\n${members.join(",\n")}\n  }`;
  });
  return `{\n${entries.join(",\n")}\n}\n`;
}
