/**
 * @file Where each rank is, for a driver that has lost patience: the index of its step, or of the piece that it loads, in the control
 * block. A rank that computes or loops sends no message; this word can be read all the same. Knows no program.
 */
import type { Announce } from "../world.ts";
import { placeWord } from "./control.ts";
import type { Control } from "./control.ts";

const NOWHERE = 0;

/** The rank's side. */
export function announcer(control: Control, rank: number): Announce {
  return (index) => void Atomics.store(control, placeWord(rank), index + 1);
}

/** The driver's side: what the rank announced last, `null` before it has. */
export function indexAt(control: Control, rank: number): number | null {
  const place = Atomics.load(control, placeWord(rank));
  return place === NOWHERE ? null : place - 1;
}

/** Before a round; only while no rank is in one. */
export function clearPlaces(control: Control, size: number): void {
  for (let rank = 0; rank < size; rank++) Atomics.store(control, placeWord(rank), NOWHERE);
}
