/**
 * @file Reads one statement of the test language from left to right. Knows the signs of the language, no statement.
 */
import { add, chunk, floorDiv, max, min, mod, mul, start, sub, type Expr } from "../../../compiler/expr/expr.ts";

const QUOTED = /"(?:[^"\\]|\\.)*"/y;
const NAME = /[\w.:/@?-]*[\w./@?-]/y;
const LENGTH = /[A-Za-z_?][\w.]*/y;

export class Cursor {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  fail(expected: string): never {
    throw new Error(`cannot read "${this.#text}": ${expected} is needed at "${this.#text.slice(this.#at)}"`);
  }

  /** What the sticky `pattern` matches here, behind white space; `null` leaves the place. */
  take(pattern: RegExp): string | null {
    const space = /\s*/y;
    space.lastIndex = this.#at;
    space.test(this.#text);
    pattern.lastIndex = space.lastIndex;
    const found = pattern.exec(this.#text)?.[0] ?? null;
    if (found !== null) this.#at = pattern.lastIndex;
    return found;
  }

  /** True if `sign` was here. */
  sign(sign: string): boolean {
    return this.take(new RegExp(sign.replace(/[^\w]/g, "\\$&"), "y")) !== null;
  }

  expect(sign: string): void {
    if (!this.sign(sign)) this.fail(`"${sign}"`);
  }

  /** True if `word` was here, and ended here. */
  word(word: string): boolean {
    return this.take(new RegExp(`${word}(?![\\w.:/@?-])`, "y")) !== null;
  }

  get done(): boolean {
    return this.#text.slice(this.#at).trim() === "";
  }

  get next(): string {
    return this.#text.slice(this.#at).trimStart().slice(0, 1);
  }

  name(): string {
    const quoted = this.take(QUOTED);
    return quoted === null ? (this.take(NAME) ?? this.fail("a name")) : (JSON.parse(quoted) as string);
  }

  string(): string {
    return JSON.parse(this.take(QUOTED) ?? this.fail("a string")) as string;
  }

  integer(): number {
    return Number(this.take(/-?\d+(?![\w.])/y) ?? this.fail("an integer"));
  }

  /** A float32 as it is nearest to what is written; with `d` behind it, the number itself. */
  float(): number {
    const word = this.take(/-?(?:inf|nan|\d[\d.]*(?:e[-+]?\d+)?d?)/y) ?? this.fail("a number");
    const named: Readonly<Record<string, number>> = { inf: Infinity, "-inf": -Infinity, nan: NaN };
    if (word.endsWith("d")) return Number(word.slice(0, -1));
    return named[word] ?? Math.fround(Number(word));
  }

  /** `item, item` up to `end`, which is taken too. */
  list<T>(end: string, item: () => T): readonly T[] {
    if (this.sign(end)) return [];
    const items = [item()];
    while (this.sign(",")) items.push(item());
    this.expect(end);
    return items;
  }

  /** An extent: `img + txt`, `2*(rows // 2)`, `chunk(img, 4, rank)`. */
  extent(): Expr {
    let left = this.#product();
    for (;;) {
      if (this.sign("+")) left = add(left, this.#product());
      else if (this.take(/-(?!>)/y) !== null) left = sub(left, this.#product());
      else return left;
    }
  }

  #product(): Expr {
    let left = this.#atom();
    for (;;) {
      if (this.sign("*")) left = mul(left, this.#atom());
      else if (this.sign("//")) left = floorDiv(left, this.#atom());
      else if (this.sign("%")) left = mod(left, this.#atom());
      else return left;
    }
  }

  #atom(): Expr {
    if (this.sign("-")) return mul(-1, this.#atom());
    if (this.sign("(")) {
      const inner = this.extent();
      this.expect(")");
      return inner;
    }
    const number = this.take(/\d+/y);
    if (number !== null) return Number(number);
    const quoted = this.take(QUOTED);
    if (quoted !== null) return JSON.parse(quoted) as string;
    const name = this.take(LENGTH) ?? this.fail("an extent");
    return this.sign("(") ? this.#call(name) : name;
  }

  #call(name: string): Expr {
    const [a = 0, b = 0, c = 0] = this.list(")", () => this.extent());
    if (name === "min") return min(a, b);
    if (name === "max") return max(a, b);
    if (name === "chunk" && typeof b === "number") return chunk("sequence", a, b, c);
    if (name === "start" && typeof b === "number") return start("sequence", a, b, c);
    return this.fail("min, max, chunk or start");
  }
}
