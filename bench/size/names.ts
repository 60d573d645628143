/**
 * @file Names for a repeated block of an exported graph, as torch's exporter counts them: `val_7` becomes the next free `val_N`, and the
 * block's index in module paths is replaced. Knows no graph.
 */

/** Gives one new name for each old name of a block. */
export type Rename = (name: string) => string;

export interface Counters {
  /** The names of a copy of a block: `list.from` in paths becomes `list.to`, other names get the next numbers. */
  readonly copy: (list: string, from: number, to: number) => Rename;
}

/** `taken` are all names of the graph. */
export function countersOf(taken: Iterable<string>): Counters {
  const last = new Map<string, number>();
  for (const name of taken) {
    const { stem, number } = split(name);
    last.set(stem, Math.max(last.get(stem) ?? 0, number));
  }
  const next = (stem: string): number => {
    const number = (last.get(stem) ?? 0) + 1;
    last.set(stem, number);
    return number;
  };
  return {
    copy: (list, from, to) => {
      const numbers = new Map<string, number>();
      return (name) => {
        const moved = moveIndex(name, list, from, to);
        if (moved !== name) return moved;
        const { stem, number, rest } = split(name);
        const key = `${stem} ${number}`;
        // Names with one number belong to one node: its results, or the node and its result.
        const fresh = numbers.get(key) ?? next(stem);
        numbers.set(key, fresh);
        return `${stem}${fresh}${rest}`;
      };
    },
  };
}

/** `blocks.3.attn` with another index; a text without that path is unchanged. */
export function moveIndex(text: string, list: string, from: number, to: number): string {
  const path = `${list}.${from}`;
  return text.replaceAll(path, (found, at: number) => {
    const [before, after] = [text[at - 1] ?? "", text[at + path.length] ?? ""];
    return /[\w.]/.test(before) || /\d/.test(after) ? found : `${list}.${to}`;
  });
}

/** The exporter's counter is the first number of a name; the first of a kind has none. */
function split(name: string): { readonly stem: string; readonly number: number; readonly rest: string } {
  const [, stem = "", digits = "", rest = ""] = /^(\D*)(\d+)(.*)$/.exec(name) ?? [];
  return digits === "" ? { stem: `${name}_`, number: 0, rest: "" } : { stem, number: Number(digits), rest };
}
