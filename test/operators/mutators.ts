/**
 * @file Ways to corrupt a factor map, generic over all rules: a rule is data, and every element of it is changed in each way.
 */
import { add } from "../../compiler/expr/expr.ts";
import type {
  Axis,
  Exchange,
  Factor,
  FactorKind,
  FactorMap,
  ReadExchange,
  Sizing,
} from "../../compiler/operators/types.ts";

export interface Mutant {
  /** The way it was altered, for counts. */
  readonly way: string;
  /** What was altered, for messages. */
  readonly what: string;
  readonly map: FactorMap | null;
}

/** Kinds that differ in what a split of the factor comes to: `prod` is refused as `along` is, and `norm` is to others what `mean` is. */
const KINDS: readonly FactorKind[] = ["free", "sum", "mean", "max", "min", "along"];

const known = (kind: FactorKind): FactorKind => (kind === "prod" ? "along" : kind);

/** Every mutant of a map; the map itself is not among them. */
export function mutantsOf(map: FactorMap): readonly Mutant[] {
  const all = [
    { way: "no map", what: "all of it", map: null },
    ...ofFactors(map),
    ...ofSide(map, "inputs"),
    ...ofSide(map, "outputs"),
    ...ofSizing(map),
    ...ofExchanges(map),
  ];
  const seen = new Set([JSON.stringify(map)]);
  return all.filter((m) => {
    const text = JSON.stringify(m.map);
    return seen.has(text) ? false : seen.add(text);
  });
}

/** What the meaning of a map depends on of an operand; `null` for an absent one. */
export type Read = { readonly dims: readonly unknown[]; readonly isFloat: boolean } | null;

/**
 * What a map says, apart from how: maps of the same meaning are the same to all that reads them.
 * - An operand's axis of whole factors only is refused when split, whichever they are and however long.
 * - A result has the extent of its whole factors, and of those that no operand has; nothing else of them is read.
 * - The extent of a factor that is an operand's axis alone, and in no result, is not read.
 * - An operand's axis of extent 1 cannot be split, and where no other operand has its factors nothing else asks for it.
 * - An operand whose axes are all whole is as one that is not read: a split of it is refused.
 * - Where there is one operand, factors of it that no result has are alike.
 * - A mean along an axis that an operand of integers is the first to have is refused as a whole axis is: its rounded parts do not determine it.
 * - A joined factor of extent 0 is no part of its axis.
 * - An integer whose axis cannot be split becomes what it was, where the rule names the right one, another that is written later, or none.
 */
export function meaningOf(map: FactorMap, operands: readonly Read[], written: readonly Sizing[]): string {
  const { inputs, outputs, sizing, exchanges = [] } = map;
  const factors = map.factors.map((factor, f): Factor => {
    const has = (axes: readonly Axis[] | null): boolean => axes?.some((axis) => members(axis).includes(f)) ?? false;
    const isWhole = factor.kind === "mean" && operands[inputs.findIndex(has)]?.isFloat !== true;
    return isWhole ? { ...factor, kind: "along" } : factor;
  });
  const onInputs = new Set(inputs.flatMap((axes) => axes?.flatMap(members) ?? []));
  const fixed = (f: number): boolean => known(factors[f]?.kind ?? "along") === "along" || !onInputs.has(f);
  const followed = [...onInputs].filter((f) => !fixed(f)).sort((a, b) => a - b);
  const onOutputs = new Set(outputs.flatMap((axes) => axes.flatMap(members)));
  const extentRead = new Set([
    ...outputs.flatMap((axes) => axes.flatMap(members)),
    ...inputs.flatMap((axes) => axes?.filter((a) => members(a).length > 1).flatMap(members) ?? []),
  ]);
  const alone = inputs.filter((axes) => axes !== null).length === 1;
  const parts = (axis: Axis): readonly number[] =>
    "joined" in axis ? axis.joined.filter((f) => factors[f]?.size !== 0) : axis.product;
  const named = (axis: Axis): unknown => [
    "joined" in axis,
    parts(axis).map((f) => (fixed(f) ? ["extent", factors[f]?.size] : f)),
  ];
  const input = (axis: Axis, operand: number, at: number): unknown => {
    const asked = members(axis).some((f) =>
      inputs.some((axes, i) => i !== operand && axes?.flatMap(members).includes(f)),
    );
    if (members(axis).every(fixed) || (!asked && operands[operand]?.dims[at] === 1)) return "whole";
    const [only, ...others] = members(axis);
    return alone && others.length === 0 && !onOutputs.has(only!) ? factors[only!]!.kind : named(axis);
  };
  const right = new Set(written.map((entry) => JSON.stringify(entry)));
  const isSplit = ({ output, axis }: Sizing): boolean => {
    const found = outputs[output]?.[axis];
    return found !== undefined && !members(found).every(fixed);
  };
  const lasts = ({ operand, element }: Sizing, i: number): boolean =>
    written.some((w) => w.operand === operand) &&
    !sizing.slice(i + 1).some((later) => later.operand === operand && later.element === element);
  const bounds = (role: Sizing["role"]): boolean => role === "start" || role === "end";
  return JSON.stringify([
    followed
      .filter((f) => !alone || onOutputs.has(f))
      .map((f) => [f, factors[f]!.kind, extentRead.has(f) ? factors[f]!.size : null]),
    inputs.map((axes, operand) => {
      const said = axes?.map((axis, at) => input(axis, operand, at)) ?? [];
      return said.every((axis) => axis === "whole") ? null : said;
    }),
    outputs.map((axes) => axes.map(named)),
    followed.length === 0
      ? []
      : sizing.filter(
          (entry, i) => isSplit(entry) || (!bounds(entry.role) && !right.has(JSON.stringify(entry)) && lasts(entry, i)),
        ),
    exchanges,
  ]);
}

function members(axis: Axis): readonly number[] {
  return "product" in axis ? axis.product : axis.joined;
}

function ofFactors(map: FactorMap): readonly Mutant[] {
  return map.factors.flatMap((factor, i) => {
    const change = (way: string, what: string, to: Partial<Factor>): Mutant => ({
      way,
      what: `factor ${i}: ${what}`,
      map: { ...map, factors: map.factors.with(i, { ...factor, ...to }) },
    });
    const kinds = KINDS.filter((kind) => kind !== known(factor.kind));
    return [
      ...kinds.map((kind) => change(wayOf(factor.kind, kind), `${factor.kind} as ${kind}`, { kind })),
      change("a wrong extent", "one more", { size: add(factor.size, 1) }),
      change("a wrong extent", "1", { size: 1 }),
    ];
  });
}

function wayOf(from: FactorKind, to: FactorKind): string {
  if (to === "free") return `${known(from) === "along" ? "a whole axis" : "a reduced axis"} as free`;
  if (to === "along") return "a followed axis as whole";
  return from === "free" ? "a free axis as reduced" : "another reduction";
}

type Side = "inputs" | "outputs";

function ofSide(map: FactorMap, side: Side): readonly Mutant[] {
  const values = map[side];
  const put = (way: string, what: string, i: number, axes: readonly Axis[] | null): Mutant => ({
    way,
    what: `${side} ${i}: ${what}`,
    map: { ...map, [side]: (values as readonly (readonly Axis[] | null)[]).with(i, axes) },
  });
  const each = values.flatMap((axes, i) =>
    axes === null
      ? []
      : [
          ...(side === "inputs" ? [put("an operand that is not read", "none", i, null)] : []),
          ...swapped(axes).map(([what, to]) => put("two axes swapped", what, i, to)),
          ...axes.flatMap((axis, at) =>
            axisMutants(axis, map).map(([way, what, to]) => put(way, `axis ${at} ${what}`, i, axes.with(at, to))),
          ),
        ],
  );
  const [a, b] = values;
  const crossed =
    a && b ? [{ way: "two values swapped", what: side, map: { ...map, [side]: [b, a, ...values.slice(2)] } }] : [];
  return [...each, ...crossed];
}

function swapped(axes: readonly Axis[]): readonly (readonly [string, readonly Axis[]])[] {
  return axes.slice(1).map((axis, i) => [`axes ${i}, ${i + 1}`, axes.with(i, axis).with(i + 1, axes[i]!)] as const);
}

function axisMutants(axis: Axis, map: FactorMap): readonly (readonly [string, string, Axis])[] {
  if ("joined" in axis) return joinedMutants(axis.joined);
  const { product } = axis;
  // One whole axis is as good as another.
  const absent = map.factors.flatMap(({ kind }, f) => (product.includes(f) || kind === "along" ? [] : [f]));
  return [
    ...product.map((f, at) => ["a factor dropped", `without ${f}`, { product: product.toSpliced(at, 1) }] as const),
    ...absent.map((f) => ["a factor that is not there", `with ${f}`, { product: [f, ...product] }] as const),
    ...absent.flatMap((f) =>
      product.length === 1 ? [["another factor", `${f} for ${product[0]}`, { product: [f] }] as const] : [],
    ),
    ...(product.length > 1
      ? [["factors in another order", "reversed", { product: product.toReversed() }] as const]
      : []),
    ...(product.length > 1 ? [["a product as joined factors", "joined", { joined: product }] as const] : []),
  ];
}

function joinedMutants(joined: readonly number[]): readonly (readonly [string, string, Axis])[] {
  return [
    ...joined.map((f, at) => ["a joined factor dropped", `without ${f}`, { joined: joined.toSpliced(at, 1) }] as const),
    ["joined factors in another order", "reversed", { joined: joined.toReversed() }],
    ["joined factors as one axis", "product", { product: joined }],
    ["joined factors as one axis", "the first", { product: joined.slice(0, 1) }],
  ];
}

function ofSizing(map: FactorMap): readonly Mutant[] {
  const put = (way: string, what: string, sizing: readonly Sizing[]): Mutant => ({
    way,
    what,
    map: { ...map, sizing },
  });
  return map.sizing.flatMap((entry, i) => {
    const change = (what: string, to: Partial<Sizing>): Mutant =>
      put("a wrong size or bound", `sizing ${i}: ${what}`, map.sizing.with(i, { ...entry, ...to }));
    const other = { start: "end", end: "start", extent: "start", "open extent": "start" } as const;
    return [
      put("a size or bound that stays whole", `sizing ${i}`, map.sizing.toSpliced(i, 1)),
      change("another element", { element: entry.element + 1 }),
      change("another axis", { axis: entry.axis + 1 }),
      change("another operand", { operand: entry.operand + 1 }),
      change(`${entry.role} as ${other[entry.role]}`, { role: other[entry.role] }),
      ...(map.outputs.length > 1
        ? [change("another output", { output: (entry.output + 1) % map.outputs.length })]
        : []),
    ];
  });
}

/** What the ranks exchange along an axis: each number of it, and whether it is there. */
function ofExchanges(map: FactorMap): readonly Mutant[] {
  const { exchanges = [] } = map;
  return exchanges.flatMap((exchange, i) => {
    const put = (what: string, to: readonly Exchange[]): Mutant => ({
      way: "a wrong exchange",
      what: `exchange ${i}: ${what}`,
      map: { ...map, exchanges: to },
    });
    const change = (what: string, to: Exchange): Mutant => put(what, exchanges.with(i, to));
    const none = put("none", exchanges.toSpliced(i, 1));
    if (exchange.kind === "scan") return [none, change("the other way", { ...exchange, reverse: !exchange.reverse })];
    if (exchange.kind === "moments") {
      const { groups, epsilon } = exchange;
      return [
        none,
        change("one group more", { ...exchange, groups: add(groups, 1) }),
        change("a larger epsilon", { ...exchange, epsilon: epsilon + 1 }),
      ];
    }
    if (exchange.kind === "trim") {
      const { before, after, up, more } = exchange;
      return [
        none,
        change("a row less before", { ...exchange, before: before - 1 }),
        change("a row less after", { ...exchange, after: after - 1 }),
        change("a place more for a row", { ...exchange, up: up + 1 }),
        change("a place more", { ...exchange, more: more + 1 }),
      ];
    }
    if (exchange.kind === "position")
      return [
        none,
        change("the other end", { ...exchange, last: !exchange.last }),
        change("the other extreme", { ...exchange, largest: !exchange.largest }),
        change("another axis", { ...exchange, axis: exchange.axis + 1 }),
      ];
    if (exchange.kind === "read") return [none, ...readMutants(exchange).map(([what, to]) => change(what, to))];
    if (exchange.kind === "pad")
      return [
        none,
        change("the other side", { ...exchange, before: exchange.after, after: exchange.before }),
        change("other elements", { ...exchange, first: exchange.last, last: exchange.first }),
        change("another axis", { ...exchange, axis: exchange.axis + 1 }),
      ];
    const { extent, stride, before } = exchange;
    return [
      none,
      // Fewer rows more than a stride are read in vain: no window begins there.
      change("an extent one stride more", { ...exchange, extent: extent + stride }),
      change("an extent one less", { ...exchange, extent: extent - 1 }),
      change("a stride one more", { ...exchange, stride: stride + 1 }),
      change("one place earlier", { ...exchange, before: before + 1 }),
      change("one place later", { ...exchange, before: before - 1 }),
      change("no attributes", { ...exchange, attributes: {} }),
    ];
  });
}

function readMutants(read: ReadExchange): readonly (readonly [string, ReadExchange])[] {
  const { component, before, picks, numbers } = read;
  return [
    ...(component === null ? [] : [["another component", { ...read, component: component + 1 }] as const]),
    ...(before === 0 ? [] : [["an axis less before", { ...read, before: before - 1 }] as const]),
    ...(picks === 0 ? [] : [["an axis less that picks", { ...read, picks: picks - 1 }] as const]),
    ...(numbers === null ? [] : [["other numbers", { ...read, numbers: numbers.map((n) => n + 1) }] as const]),
  ];
}
