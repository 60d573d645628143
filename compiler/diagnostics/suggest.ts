/**
 * @file Did-you-mean: the most likely name for a misspelt one. Knows no kind of name.
 */
import { distance } from "fastest-levenshtein";

/**
 * The nearest candidate, or null if none is near. Near means at most a third of the word in edits, at least two; `splitDim` and `split-dim`
 * have distance 0 from `split_dim`.
 */
export function suggest(word: string, candidates: Iterable<string>): string | null {
  const limit = Math.max(2, Math.floor(word.length / 3));
  let best: string | null = null;
  let least = limit + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > limit) continue;
    const edits = fold(candidate) === fold(word) ? 0 : distance(word, candidate);
    if (edits < least && edits < candidate.length) [best, least] = [candidate, edits];
  }
  return best;
}

function fold(word: string): string {
  return word.replace(/[_-]/g, "").toLowerCase();
}
