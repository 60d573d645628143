/**
 * @file The MPI libraries that are known, as data: the names of their files, how their launchers show in the environment, and the
 * constants that C programs get from `mpi.h`. The values are those of the public headers of Open MPI 4 and 5 and of the MPICH ABI
 * initiative. Knows no call.
 */

/** A handle as it is passed by value: an address in Open MPI, an `int` in MPICH. */
export type Handle = bigint | number;

export interface Flavour {
  readonly name: "Open MPI" | "MPICH";
  /** Packages of Debian that have the library and the launcher. */
  readonly packages: string;
  readonly sonames: readonly string[];
  /** Variables that launchers set to how many processes there are, and to which one this is; the first that is set counts. */
  readonly size: readonly string[];
  readonly rank: readonly string[];
  /** The same for the file over which the launcher hears from a process. */
  readonly control: readonly string[];
  /** C type of communicators, data types, error handlers and operations. */
  readonly handle: "void *" | "int";
  /** Names of the symbols whose addresses are the handles (Open MPI), or the handles themselves. */
  readonly world: string | number;
  readonly byte: string | number;
  readonly errorsReturn: string | number;
  /** `MPI_STATUS_IGNORE`. */
  readonly noStatus: bigint;
  readonly anySource: number;
  /** Index of the `int` in `MPI_Status` that is the source; the tag follows it. */
  readonly sourceAt: number;
}

export const flavours: readonly Flavour[] = [
  {
    name: "Open MPI",
    packages: "openmpi-bin and libopenmpi3",
    sonames: ["libmpi.so.40"],
    size: ["OMPI_COMM_WORLD_SIZE"],
    rank: ["OMPI_COMM_WORLD_RANK", "PMIX_RANK"],
    control: [],
    handle: "void *",
    world: "ompi_mpi_comm_world",
    byte: "ompi_mpi_byte",
    errorsReturn: "ompi_mpi_errors_return",
    noStatus: 0n,
    anySource: -1,
    sourceAt: 0,
  },
  {
    name: "MPICH",
    packages: "mpich and libmpich12",
    sonames: ["libmpich.so.12", "libmpi.so.12"],
    size: ["PMI_SIZE"],
    rank: ["PMI_RANK"],
    control: ["PMI_FD"],
    handle: "int",
    world: 0x4400_0000,
    byte: 0x4c00_010d,
    errorsReturn: 0x5400_0001,
    noStatus: 1n,
    anySource: -2,
    sourceAt: 2,
  },
];

/** `MPI_THREAD_MULTIPLE`: the thread of the rank and the one that attaches both call the library. */
export const THREAD_MULTIPLE = 3;
/** Bytes of an `MPI_Status`, and more. */
export const STATUS_BYTES = 64;
/** Bytes of the longest text that the library writes: `MPI_MAX_LIBRARY_VERSION_STRING` is the longest, 8192 in MPICH. */
export const TEXT_BYTES = 8192;
