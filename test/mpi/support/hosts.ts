/**
 * @file The two hosts of a test file, and how a test that cannot run says why. Knows no job.
 */
import { afterAll } from "vitest";
import { missing } from "./launchers.ts";
import { bringUp } from "./network.ts";
import type { Network } from "./network.ts";

/** Two hosts until the last test of the file, or the reason why there are none. */
export function twoHosts():
  | { readonly network: Network; readonly reason: null }
  | { readonly network: null; readonly reason: string } {
  const reason = missing("Open MPI");
  if (reason !== null) return { network: null, reason };
  try {
    const network = bringUp();
    afterAll(() => network.down());
    return { network, reason: null };
  } catch (error) {
    return { network: null, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** The end of a test's name: why it is skipped. */
export function because(reason: string | null): string {
  return reason === null ? "" : ` (skipped: ${reason})`;
}
