/**
 * @file The worlds of jobs: which launcher, and on how many hosts; and why one cannot run here. Knows no fault.
 */
import { missing } from "../../mpi/support/launchers.ts";
import type { Library } from "../../mpi/support/launchers.ts";
import { bringUp } from "../../mpi/support/network.ts";
import type { Network } from "../../mpi/support/network.ts";
import type { WorldName } from "./cells.ts";

export interface JobWorld {
  /** As the page names it. */
  readonly name: WorldName;
  readonly library: Library;
  /** Where the job is on two hosts: brings them up. */
  readonly hosts: (() => Network) | null;
  /** Why it cannot run here; `null` if it can. */
  readonly missing: string | null;
}

function whyNoHosts(): string | null {
  try {
    bringUp().down();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export const jobWorlds: readonly JobWorld[] = [
  { name: "Open MPI", library: "Open MPI", hosts: null, missing: missing("Open MPI") },
  {
    name: "Open MPI, two hosts",
    library: "Open MPI",
    hosts: bringUp,
    missing: missing("Open MPI") ?? whyNoHosts(),
  },
  { name: "MPICH", library: "MPICH", hosts: null, missing: missing("MPICH") },
];
