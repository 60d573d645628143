/**
 * @file What a hint says where no candidate fits the name of a parameter. A text of the catalogue, apart so that its file stays short.
 */

/** Where the module uses every candidate for something else than the name says. */
export const NONE_FITS: string =
  "each is something else by what the module does with it: remove the entry, and whatever it would split is aligned where it is used; " +
  'or name another value with "value"';
