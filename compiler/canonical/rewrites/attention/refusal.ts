/**
 * @file Why a pattern that matches partly is left alone: a value, so that it can be reported to the user. Knows no pattern.
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
