/**
 * @file Unique node names. Knows nothing else.
 */

/** The given names with empty ones replaced by `fallback(i)` and repeated ones numbered; names that were unique stay. */
export function uniqueNames(names: readonly string[], fallback: (index: number) => string): readonly string[] {
  const taken = new Set(names);
  const seen = new Set<string>();
  const numbers = new Map<string, number>();
  return names.map((name, i) => {
    const wanted = name === "" ? fallback(i) : name;
    if (name !== "" && !seen.has(name)) {
      seen.add(name);
      return name;
    }
    let unique = wanted;
    // From the last number, since thousands of nodes may have one name.
    let number = numbers.get(wanted) ?? 2;
    for (; taken.has(unique); number++) unique = `${wanted}_${number}`;
    numbers.set(wanted, number);
    taken.add(unique);
    return unique;
  });
}
