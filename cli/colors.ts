/**
 * @file Whether text is printed in colors. A pure function of the environment; knows neither the process nor the options.
 */

type Environment = Readonly<Record<string, string | undefined>>;

/** NO_COLOR, if it is not empty, wins over FORCE_COLOR, of which `0` and `false` mean none; else colors are for terminals that have them. */
export function usesColors({ NO_COLOR, FORCE_COLOR, TERM }: Environment, isTerminal: boolean): boolean {
  if (NO_COLOR) return false;
  if (FORCE_COLOR) return !["0", "false"].includes(FORCE_COLOR);
  return isTerminal && TERM !== "dumb";
}
