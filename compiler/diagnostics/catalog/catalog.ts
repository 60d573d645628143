/**
 * @file The type of a catalogue: parameters by entry name, so that a catalogue is annotated once and its entries are plain data.
 */
import type { Message } from "../diagnose.ts";

export type Catalog<P> = { readonly [K in keyof P]: Message<P[K]> };

/** Parameters of a message that needs none. */
export type NoParams = Readonly<Record<never, never>>;
