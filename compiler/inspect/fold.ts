/**
 * @file Folds the equal blocks of an inspection: `blocks.0` to `blocks.56` become `blocks.0-56`, with the values of the first. Changes no data
 * but names of modules.
 */
import { groupBy } from "../group.ts";
import { isWithin } from "../ir/module-paths.ts";
import type { InspectedAttention } from "./attention.ts";
import type { InspectedModule, InspectedValue, Inspection } from "./inspect.ts";

export interface Folded extends Inspection {
  /** Attention sites in modules of the same folded name and with the same sizes; the first of them. */
  readonly attention: readonly (InspectedAttention & { readonly sites: number })[];
}

/** Blocks of a list are equal if their modules have the same names, classes, parameters, types and shapes. */
export function foldBlocks({ modules, attention }: Inspection): Folded {
  const ranges = rangesOf(modules);
  const shown = modules.flatMap((module) => {
    const found = placeIn(ranges, module.path);
    if (found === null) return [module];
    return found.at === 0 ? [{ ...module, path: nameOf(found.range.members.map(numberOf), found) }] : [];
  });
  // Blocks that are equal but for a mask are in one range, and their sites in several groups.
  const alike = (site: InspectedAttention): string => {
    const found = placeIn(ranges, site.module);
    return JSON.stringify({ ...site, node: "", module: found === null ? site.module : nameOf([], found) });
  };
  const sites = [...groupBy(attention, alike).values()].map((group) => {
    const places = group.flatMap(({ module }) => placeIn(ranges, module) ?? []);
    const numbers = new Set(places.map(({ range, at }) => numberOf(range.members[at]!)));
    const module = places[0] === undefined ? group[0]!.module : nameOf([...numbers], places[0]);
    return { ...group[0]!, module, sites: group.length };
  });
  return { modules: shown, attention: sites };
}

/** Where a module is in a range: in which block, and with which path inside it. */
interface FoldedPlace {
  readonly range: Range;
  readonly at: number;
  readonly rest: string;
}

function placeIn(ranges: readonly Range[], path: string): FoldedPlace | null {
  for (const range of ranges) {
    const at = range.members.findIndex((member) => isWithin(path, member));
    if (at >= 0) return { range, at, rest: path.slice(range.members[at]!.length) };
  }
  return null;
}

function numberOf(block: string): number {
  return Number(block.slice(block.lastIndexOf(".") + 1));
}

/** `blocks.0-3.attn`, or `blocks.0,2.attn` for those blocks alone; the numbers ascend. */
function nameOf(numbers: readonly number[], { range, rest }: FoldedPlace): string {
  const runs: number[][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run !== undefined && run.at(-1) === number - 1) run.push(number);
    else runs.push([number]);
  }
  const said = runs.map((run) => (run.length === 1 ? run.join() : `${run[0]}-${run.at(-1)}`));
  return `${range.list}.${said.join()}${rest}`;
}

/** Neighbours in a list that are equal, two or more. */
interface Range {
  readonly list: string;
  readonly members: string[];
}

interface Last {
  readonly range: Range;
  readonly number: number;
  readonly form: string;
}

function rangesOf(modules: readonly InspectedModule[]): readonly Range[] {
  const ranges: Range[] = [];
  let last: Last | null = null;
  const blocks = modules.filter(({ path }) => blockOf(path) === path);
  const inside = insides(modules, new Set(blocks.map(({ path }) => path)));
  for (const { path } of blocks) {
    const [, list = "", digits = ""] = /^(.*)\.(\d+)$/.exec(path) ?? [];
    const [number, form] = [Number(digits), formOf(inside.get(path) ?? [], path)];
    const isNext: boolean =
      last !== null && last.range.list === list && last.number === number - 1 && last.form === form;
    const range: Range = last !== null && isNext ? last.range : { list, members: [] };
    range.members.push(path);
    if (!isNext) ranges.push(range);
    last = { range, number, form };
  }
  return ranges.filter(({ members }) => members.length > 1);
}

/** The outermost member of a list that a module is or is in: `blocks.0` for `blocks.0.ff.net.1`; `null` outside lists. */
function blockOf(path: string): string | null {
  const segments = path.split(".");
  const at = segments.findIndex((segment) => /^\d+$/.test(segment));
  return at < 1 ? null : segments.slice(0, at + 1).join(".");
}

/** The modules of each block, itself among them. */
function insides(
  modules: readonly InspectedModule[],
  blocks: ReadonlySet<string>,
): ReadonlyMap<string, readonly InspectedModule[]> {
  const found = new Map<string, InspectedModule[]>();
  for (const module of modules) {
    const block = blockOf(module.path);
    if (block === null || !blocks.has(block)) continue;
    const all = found.get(block);
    if (all === undefined) found.set(block, [module]);
    else all.push(module);
  }
  return found;
}

function formOf(modules: readonly InspectedModule[], block: string): string {
  const values = (all: readonly InspectedValue[]): readonly unknown[] =>
    all.map(({ name, elem, shape, isShared }) => [name, elem, shape, isShared]);
  return JSON.stringify(
    modules.map(({ path, className, inputs, outputs }) => [
      path.slice(block.length),
      className,
      values(inputs),
      values(outputs),
    ]),
  );
}
