/**
 * @file Unique node names. Knows nothing else.
 */

/** The given names with empty ones replaced by `fallback(i)` and repeated ones numbered; names that were unique stay. */
export function uniqueNames(names: readonly string[], fallback: (index: number) => string): readonly string[] {
  const taken = new Set(names);
  const seen = new Set<string>();
  return names.map((name, i) => {
    const wanted = name === "" ? fallback(i) : name;
    if (name !== "" && !seen.has(name)) {
      seen.add(name);
      return name;
    }
    let unique = wanted;
    for (let n = 2; taken.has(unique); n++) unique = `${wanted}_${n}`;
    taken.add(unique);
    return unique;
  });
}
