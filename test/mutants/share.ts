/**
 * @file Distributes names into equal shares, deterministically.
 */

/** From 0 up to, but not including, 1; evenly spread over names. */
export function shareOf(name: string): number {
  let hash = 2166136261;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 16777619);
  // The last letters alone would decide the lowest bits.
  hash = Math.imul(hash ^ (hash >>> 15), 2246822519);
  hash = Math.imul(hash ^ (hash >>> 13), 3266489917);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** Part `index`, from 1, of `parts` equal parts. */
export function isInPart(name: string, index: number, parts: number): boolean {
  return Math.floor(shareOf(name) * parts) === index - 1;
}
