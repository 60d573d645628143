/**
 * @file Why a pattern that begins to match is left alone in the end: a value, so that it can be told to the user. Knows no pattern.
 */
export interface Refusal {
  readonly refused: string;
}

export function refuse(reason: string): Refusal {
  return { refused: reason };
}

export function isRefusal(x: object): x is Refusal {
  return "refused" in x;
}
