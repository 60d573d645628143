/**
 * @file docs/published-plans.md: what the compiler says of each published plan. Knows no stage of the compiler.
 */
import { fileURLToPath } from "node:url";
import { sources, type Case, type Source } from "./inputs.ts";
import { compared, SLICED, type Verdict } from "./verdict.ts";

export const publishedPage = fileURLToPath(new URL("../../docs/published-plans.md", import.meta.url));

/** One plan on one export, by scheme. */
export interface Row extends Case {
  readonly size: string;
  readonly verdicts: readonly { readonly own: Verdict; readonly shipped: Verdict }[];
}

const INTRODUCTION = `# Published plans

\`npm run published-plans\` makes this page. Other projects publish plans for classes of diffusers. \`test/published/\` has their facts, in the spelling of
[plan-language.md](plan-language.md): modules, parameters, axes and ranks. Each is checked on the committed exports of its class, on 2 ranks, and every value
of an accepted plan is compared with the unsplit model in the simulator. Bytes are what the rank that sends most sends in one step, beside those of the plan
that is shipped in [plans/](../plans/README.md), at the lengths of the sample. The models are tiny, so the bytes compare plans and say nothing about a real model.

A plan that is refused here may be right in its own project, whose attention or modules can differ from diffusers'; a remark says where this is known.
Codes are explained in [errors.md](errors.md). These are notes: CP3020 and CP3021 (an entry does nothing in this export), CP4015 (a whole
value is sliced to match a split one, which an entry would state), CP4019 (an attention whose keys are whole needs no exchange), CP4025 (a
slice of a table that depends on no input).

**CP4015** means that the plan relies on this compiler. Each rank slices its rows out of a value that no entry splits; a runtime that only follows
the entries meets a whole tensor and a split one, and fails or, where the shapes broadcast, computes something else. diffusers' plan for LTX-2 with
a timestep for each token of the video is such a case ([issue 14316](https://github.com/huggingface/diffusers/issues/14316)). \`--strict\` refuses these plans.
`;

export function pageOf(rows: readonly Row[]): string {
  const sections = sources().map((source) =>
    section(
      source,
      rows.filter((row) => row.source.project === source.project),
    ),
  );
  return `${INTRODUCTION}\n${summary(rows)}\n${sections.join("\n")}`;
}

/** Cells of a row before the verdicts: what names it. */
export function namesOf({ published, file }: Case): readonly string[] {
  return [`\`${published.class}\``, exportOf(file)];
}

export function cellsOf(row: Row): readonly string[] {
  return [...namesOf(row), row.size, ...row.verdicts.map(cell), notes(row)];
}

function summary(rows: readonly Row[]): string {
  const lines = sources().map(({ project }) => {
    const own = rows.filter((row) => row.source.project === project);
    const right = own.filter(({ verdicts }) => verdicts.every((pair) => pair.own.ok));
    const more = right.filter(({ verdicts }) => verdicts.some((pair) => relation(pair) === "more"));
    const fewer = right.filter(({ verdicts }) => verdicts.some((pair) => relation(pair) === "fewer"));
    const sliced = right.filter(({ verdicts }) =>
      verdicts.some((pair) => pair.own.ok && pair.own.notes.includes(SLICED)),
    );
    return `| ${[project, own.length, right.length, own.length - right.length, sliced.length, more.length, fewer.length].join(" | ")} |`;
  });
  const head =
    "| project | checked | right | refused | right with slices that no entry states | more bytes than shipped | fewer bytes than shipped |";
  return `${[head, "|---|---|---|---|---|---|---|", ...lines].join("\n")}\n`;
}

function section(source: Source, rows: readonly Row[]): string {
  const head = ["class", "export", "lengths", ...compared, "notes"];
  const table = [head, head.map(() => "---"), ...rows.map(cellsOf)]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
  const remarks = source.plans.map(({ class: name, file, commit, remark, shipped }) => {
    const at = commit === undefined ? "" : ` (commit ${commit})`;
    return `- \`${name}\`: \`${file}\`${at}; compared with \`plans/${shipped}.plan.json\`.${remark === undefined ? "" : ` ${remark}`}`;
  });
  const absent = source.absent.map(({ class: name, reason }) => `- \`${name}\` is not compared: ${reason}.`);
  return `## ${source.project}\n\n${source.project}, ${versionOf(source)}: <${source.source}>\n\n${table}\n\n${[...new Set(remarks), ...absent].join("\n")}\n${messages("Refusals", rows, errorsOf)}${messages("Slices that no entry states (CP4015)", rows, slicesOf)}`;
}

function versionOf({ version }: Source): string {
  return version === "by file"
    ? "the commit of each file"
    : version.startsWith("commit")
      ? version
      : `version ${version}`;
}

function errorsOf({ verdicts }: Row): readonly string[] {
  return verdicts.flatMap(({ own }) => (own.ok ? [] : own.errors));
}

/** The first slice, and how many there are. */
function slicesOf({ verdicts }: Row): readonly string[] {
  const slices = [...new Set(verdicts.flatMap(({ own }) => (own.ok ? own.slices : [])))];
  return slices
    .slice(0, 1)
    .map((first) => (slices.length === 1 ? first : `${slices.length} slices; the first: ${first}`));
}

/** Every message once, with the exports that it is about; nothing if there is none. */
function messages(title: string, rows: readonly Row[], of: (row: Row) => readonly string[]): string {
  const files = new Map<string, Set<string>>();
  for (const row of rows)
    for (const message of of(row)) files.set(message, (files.get(message) ?? new Set()).add(exportOf(row.file)));
  const lines = [...files].map(([message, names]) => `- ${[...names].join(", ")}: ${message}`);
  return lines.length === 0 ? "" : `\n${title}:\n\n${lines.join("\n")}\n`;
}

function relation({ own, shipped }: Row["verdicts"][number]): "more" | "fewer" | "equal" | null {
  if (!own.ok || !shipped.ok) return null;
  return own.bytes === shipped.bytes ? "equal" : own.bytes > shipped.bytes ? "more" : "fewer";
}

function cell(pair: Row["verdicts"][number]): string {
  const { own, shipped } = pair;
  if (!own.ok) return `refused: ${[...new Set(own.errors.map((error) => error.slice(0, 6)))].join(", ")}`;
  const bytes = own.bytes.toLocaleString("en-US");
  if (!shipped.ok) return `right, ${bytes}; shipped: refused`;
  const beside = relation(pair) === "equal" ? "as shipped" : `shipped: ${shipped.bytes.toLocaleString("en-US")}`;
  return `right, ${bytes} (${beside})`;
}

function notes({ verdicts }: Row): string {
  return [...new Set(verdicts.flatMap(({ own }) => (own.ok ? own.notes : [])))].sort().join(", ");
}

function exportOf(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1).replace(/\.onnx$/, "");
}
