/**
 * @file What a key of a plan is in the model, as Markdown: shapes, what each rank holds, who split it. Knows no protocol.
 */
import type { Cursor } from "../compiler/plan/cursor/cursor.ts";
import type { InspectedModule, InspectedValue } from "../compiler/inspect/model.ts";
import type { Bound } from "./checker/protocol.ts";
import { documentationOf } from "./fields.ts";
import { modulesOf, type Outline, resultsOf, shapeText, short } from "./outline.ts";

/** More are counted. */
const SHOWN = 12;

export interface Subject {
  readonly cursor: Cursor;
  readonly outline: Outline | null;
  /** What the entries bound to, as of the last check. */
  readonly bounds: readonly Bound[];
}

/** `null` where nothing is known. */
export function hoverText({ cursor, outline, bounds }: Subject): string | null {
  const { path, key, at } = cursor;
  const names = [...path, key].filter((segment, i) => i === 0 || !/^\d+$/.test(segment) || i === path.length);
  const [first = "", ...rest] = names;
  const isReserved = first.startsWith("$");
  if (isReserved && rest.length === 0) return orNull(documentationOf(first, "plan"));
  const field = rest.at(-1) ?? "";
  const isOutput = rest.length === 1 && !isReserved;
  const said = orNull(documentationOf(field, isOutput ? "output" : "input"));
  const here = boundsAt(cursor, bounds);
  if (said !== null && (!isOutput || field !== "value" || at === "value"))
    return [said, ...boundLines(here)].join("\n\n");
  if (outline === null) return said;
  const modules = modulesOf(first === "$attention" ? field : first === "$batch" ? "" : first, outline);
  if (rest.length === 0 || first === "$attention") return moduleText(modules, here);
  return valueText(modules, field, here);
}

/** `[1, {img}, 16]`: braces around the axis that is split. */
export function splitShape({ elem, shape, axis }: Bound): string {
  return `${elem} [${shape.map((extent, i) => (i === axis ? `{${short(extent)}}` : short(extent))).join(", ")}]`;
}

function moduleText(modules: readonly InspectedModule[], bounds: readonly Bound[]): string | null {
  const [module] = modules;
  if (module === undefined) return null;
  const { path, className, inputs } = module;
  const title =
    modules.length === 1 ? `\`${path === "" ? '""' : path}\`` : `${modules.length} modules, first \`${path}\``;
  const results = resultsOf(module);
  const rows = [
    ...inputs.map((input) => `- in ${input.name === null ? "-" : `\`${input.name}\``}: \`${shapeText(input)}\``),
    ...results.map((output, i) => `- out \`${i}\`: \`${shapeText(output)}\``),
  ];
  const more = rows.length > SHOWN ? [`- and ${rows.length - SHOWN} more`] : [];
  const head = `**${title}** ${className ?? ""}`.trimEnd();
  return [[head, ""].concat(rows.slice(0, SHOWN), more).join("\n"), ...boundLines(bounds)].join("\n\n");
}

function valueText(modules: readonly InspectedModule[], name: string, bounds: readonly Bound[]): string | null {
  const found = modules.flatMap((module) => {
    const value = named(module, name);
    return value === undefined ? [] : [{ module, value }];
  });
  const [first] = found;
  if (first === undefined) return bounds.length === 0 ? null : boundLines(bounds).join("\n\n");
  const { value, module } = first;
  const from = value.from === null ? "an input of the model" : `made by \`${value.from === "" ? '""' : value.from}\``;
  const where =
    found.length === 1 ? "" : ` (in ${found.length} of ${modules.length} modules, first \`${module.path}\`)`;
  const head = `**\`${name}\`** \`${shapeText(value)}\`${where}`;
  return [head, `ONNX value \`${value.value}\`, ${from}; ${value.why}`, ...boundLines(bounds)].join("\n\n");
}

function named(module: InspectedModule, name: string): InspectedValue | undefined {
  const input = module.inputs.find((each) => each.name === name || each.name === `${name}[0]`);
  return input ?? (/^\d+$/.test(name) ? resultsOf(module)[Number(name)] : undefined);
}

function boundLines(bounds: readonly Bound[]): readonly string[] {
  const said = bounds.map((bound) => {
    const { action, value, evidence, module, from } = bound;
    if (value === null) return `nothing in \`${module === "" ? '""' : module}\`: this export has no such value`;
    if (evidence === "skipped") return `\`${value}\` stays whole: its rank is ${bound.shape.length}`;
    const by = [...new Set(from.map(({ pointer }) => `\`${pointer}\``))];
    const origin = by.length === 0 ? "" : `, split by ${by.join(" and ")}`;
    return action === "split"
      ? `each rank holds \`${splitShape(bound)}\` of \`${value}\``
      : `gathers \`${splitShape(bound)}\` to the whole \`${value}\`${origin}`;
  });
  const rest = said.length - SHOWN;
  return said.length === 0 ? [] : [[...said.slice(0, SHOWN), ...(rest > 0 ? [`and ${rest} more`] : [])].join("  \n")];
}

/** Those whose spec, or its key, the cursor is in or on. */
function boundsAt({ start, end }: Cursor, bounds: readonly Bound[]): readonly Bound[] {
  return bounds.filter(({ span, keySpan }) => {
    const first = Math.min(span.start.offset, keySpan?.start.offset ?? span.start.offset);
    return first <= start && end <= Math.max(span.end.offset, keySpan?.end.offset ?? span.end.offset);
  });
}

function orNull(text: string): string | null {
  return text === "" ? null : text;
}
