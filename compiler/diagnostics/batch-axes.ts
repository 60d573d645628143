/**
 * @file The axes of a batch as messages say them, and as the entry of a plan. Knows no model.
 */

export interface InputAxis {
  readonly input: string;
  readonly axis: number;
}

/** `hidden_states axis 0, timestep axis 0`. */
export const listAxes = (places: readonly InputAxis[]): string =>
  places.map(({ input, axis }) => `${input} axis ${axis}`).join(", ");

/** The entry to paste: the first axis of each input. */
export const batchEntry = (places: readonly InputAxis[]): string => {
  const members = Object.entries(batchMembers(places)).map(([input, axis]) => `${JSON.stringify(input)}: ${axis}`);
  return `"$batch": { ${members.join(", ")} }`;
};

export const batchMembers = (places: readonly InputAxis[]): Readonly<Record<string, number>> => {
  const first = places.filter(({ input }, i) => places.findIndex((p) => p.input === input) === i);
  return Object.fromEntries(first.map(({ input, axis }) => [input, axis]));
};
