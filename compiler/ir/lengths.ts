/**
 * @file Names for the extents of a model's inputs: which lengths exist, which feed axes carry them, and how symbolic extents in the file
 * are written in them. Knows no operator.
 */
import { add, floorDiv, mul, PEER, RANK, sub, substitute, withinLimits, type Expr } from "../expr/expr.ts";
import type { Dim, GraphValue, TensorType } from "../graph/types.ts";
import type { Length, ValueShape } from "./types.ts";

export interface NamedInputs {
  readonly inputs: readonly { readonly name: string; readonly shape: ValueShape }[];
  readonly lengths: readonly Length[];
  /** Symbol of the file to its expression. */
  readonly symbols: ReadonlyMap<string, Expr>;
}

/** Sizes that the caller fixes, by input name. */
export type FixedShapes = Readonly<Record<string, readonly number[]>>;

/**
 * A symbol is one length everywhere; an extent without a symbol is a separate length, named after input and axis. An extent such as
 * `txt + img` follows from the lengths that other axes carry; if no axis carries one of these, the extent is one length as a whole.
 */
export function nameLengths(inputs: readonly GraphValue[], fixed: FixedShapes): NamedInputs {
  const symbols = fixedSymbols(inputs, fixed);
  const sources = new Map<string, { input: string; axis: number }[]>();
  const lengthAt = (dim: string | null, input: string, axis: number): Expr => {
    const length = lengthName(dim, input, axis);
    const known = dim === null ? undefined : symbols.get(dim);
    if (known !== undefined && known !== length) return known;
    if (dim !== null) symbols.set(dim, length);
    sources.set(length, [...(sources.get(length) ?? []), { input, axis }]);
    return length;
  };
  const given = ({ name, type }: GraphValue): readonly Dim[] =>
    (type.dims ?? []).map((dim, axis) => (Object.hasOwn(fixed, name) ? fixed[name]?.[axis] : undefined) ?? dim);
  // Plain lengths of all inputs first, since an extent may follow from those of a later input.
  const plain = inputs.map((input) =>
    given(input).map((dim, axis) =>
      typeof dim === "number" || isCompound(dim) ? null : lengthAt(dim, input.name, axis),
    ),
  );
  const named = inputs.map((input, i) => {
    const dims = given(input).map((dim, axis): Expr => {
      if (typeof dim === "number") return dim;
      return plain[i]![axis] ?? (dim === null ? null : parseExtent(dim, symbols)) ?? lengthAt(dim, input.name, axis);
    });
    return { name: input.name, shape: { elem: input.type.elem, dims } };
  });
  return { inputs: named, lengths: [...sources].map(([name, s]) => ({ name, sources: s })), symbols };
}

/** With one length known in terms of others: extents that consist of it are checked against the feeds as such. */
export function settled(named: NamedInputs, length: string, value: Expr): NamedInputs {
  const known = new Map([[length, value]]);
  const put = (expr: Expr): Expr => substitute(expr, known);
  return {
    inputs: named.inputs.map(({ name, shape }) => ({ name, shape: { ...shape, dims: shape.dims.map(put) } })),
    lengths: named.lengths.filter(({ name }) => name !== length),
    symbols: new Map([...named.symbols].map(([symbol, expr]) => [symbol, put(expr)])),
  };
}

/** Written as arithmetic, not as one name. */
function isCompound(dim: Dim): boolean {
  return typeof dim === "string" && !/^[A-Za-z_][\w.]*$/.test(dim);
}

/** A symbol on a fixed axis has that number everywhere. */
function fixedSymbols(inputs: readonly GraphValue[], fixed: FixedShapes): Map<string, Expr> {
  const symbols = new Map<string, Expr>();
  for (const { name, type } of inputs) {
    const sizes = Object.hasOwn(fixed, name) ? (fixed[name] ?? []) : [];
    for (const [axis, size] of sizes.entries()) {
      const dim = type.dims?.[axis];
      if (typeof dim === "string") symbols.set(dim, size);
    }
  }
  return symbols;
}

function lengthName(dim: Dim, input: string, axis: number): string {
  const name = typeof dim === "string" ? dim : `${input}.${axis}`;
  // "?" marks an extent that is not known.
  const plain = name.replace(/^\?+/, "");
  return plain === RANK || plain === PEER || plain !== name ? `${plain}_length` : name;
}

/** The shape that a file states for a value, in lengths; an unreadable extent gets a new name. */
export function declaredShape(value: string, type: TensorType, symbols: ReadonlyMap<string, Expr>): ValueShape | null {
  if (type.dims === null) return null;
  const dims = type.dims.map((dim, axis): Expr => {
    if (typeof dim === "number") return dim;
    return (dim === null ? null : (symbols.get(dim) ?? parseExtent(dim, symbols))) ?? `?${value}.${axis}`;
  });
  return { elem: type.elem, dims };
}

/** Exporters write tens; the parser recurses for every bracket. */
const MOST_TOKENS = 1000;

/** Reads a symbolic extent such as `img + txt`, `s33*((s20//2))`; `null` where it holds anything else or an unknown symbol. */
function parseExtent(text: string, symbols: ReadonlyMap<string, Expr>): Expr | null {
  return withinLimits(() => parsed(text, symbols));
}

function parsed(text: string, symbols: ReadonlyMap<string, Expr>): Expr | null {
  const tokens = text.match(/[A-Za-z_][\w.]*|\d+|\/\/|[-+*()]|\S/g) ?? [];
  if (tokens.length > MOST_TOKENS) return null;
  let at = 0;
  const atom = (): Expr | null => {
    const token = tokens[at++];
    if (token === undefined) return null;
    if (token === "(") {
      const inner = sum();
      return tokens[at++] === ")" ? inner : null;
    }
    if (token === "-") return times(-1, atom());
    return /^\d{1,15}$/.test(token) ? Number(token) : (symbols.get(token) ?? null);
  };
  const term = (): Expr | null => {
    let left = atom();
    while (left !== null && (tokens[at] === "*" || tokens[at] === "//")) {
      const divides = tokens[at++] === "//";
      const right = atom();
      left = right === null || (divides && right === 0) ? null : divides ? floorDiv(left, right) : mul(left, right);
    }
    return left;
  };
  const sum = (): Expr | null => {
    let left = term();
    while (left !== null && (tokens[at] === "+" || tokens[at] === "-")) {
      const minus = tokens[at++] === "-";
      const right = term();
      left = right === null ? null : minus ? sub(left, right) : add(left, right);
    }
    return left;
  };
  const result = sum();
  return at === tokens.length ? result : null;
}

function times(factor: number, value: Expr | null): Expr | null {
  return value === null ? null : mul(factor, value);
}
