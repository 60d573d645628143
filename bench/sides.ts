/**
 * @file Names of sides that a result gives a meaning. Knows no process.
 */

/** The backend `native` with exchanges that move nothing. */
export const FREE = "native, no exchange";
