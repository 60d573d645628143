/**
 * @file Errors and notes of ranks that are processes of an MPI job. Codes CP6550-6599.
 */
import type { Catalog, NoParams } from "../catalog.ts";

const LAUNCH = "mpirun -n 2 npx onnx-cp run PROGRAM --world mpi ...";

export const worldMessages: Catalog<{
  notLaunched: NoParams;
  library: { name: string; packages: string; sonames: readonly string[]; reason: string };
  mixed: { launched: number; found: number; library: string };
  threadLevel: { library: string; level: number };
  startLimit: { milliseconds: number; rank: number; size: number | null };
  start: { library: string; reason: string };
  processes: { expected: number; actual: number; mesh: string };
  differs: { what: string; values: readonly string[] };
  notAttached: { ranks: string; milliseconds: number };
  silent: { rank: number; host: string; milliseconds: number };
  calls: { rank: number; call: string; expected: string };
  notCalled: { ranks: string; call: string; milliseconds: number };
  gone: { rank: number; host: string; reason: string };
  placement: { hosts: string; bytes: number; best: number; lengths: string };
  cores: { host: string; ranks: number; cores: number };
  broken: { reason: string };
  usedUp: { failed: number; reason: string };
}> = {
  notLaunched: {
    code: "CP6550",
    severity: "error",
    title: "Process that no MPI launcher has started",
    message: () => "the world is mpi, but no MPI launcher has started this process",
    hint: () => `start one process per rank with the launcher: ${LAUNCH}`,
  },
  library: {
    code: "CP6551",
    severity: "error",
    title: "MPI library that does not load",
    message: ({ name, sonames, reason }) =>
      `the launcher of ${name} started this process, and its library ${sonames.join(" or ")} does not load: ${reason}`,
    hint: ({ packages }) =>
      `install the library (Debian: ${packages}) where the linker finds it, and the package koffi: npm install koffi`,
  },
  mixed: {
    code: "CP6552",
    severity: "error",
    title: "MPI launcher and library that do not belong together",
    message: ({ launched, found, library }) =>
      `the launcher started ${launched} processes, but the library sees ${found}: ${library}`,
    hint: () => "use the launcher of the same installation as the library, for example its full path",
  },
  threadLevel: {
    code: "CP6553",
    severity: "error",
    title: "MPI library without threads",
    message: ({ library, level }) =>
      `the library gives threads of level ${level}, MPI_THREAD_MULTIPLE is needed: ${library}`,
    hint: () => "use a build of the library with MPI_THREAD_MULTIPLE, which is the default of Open MPI and MPICH",
  },
  startLimit: {
    code: "CP6554",
    severity: "error",
    title: "MPI processes that do not start",
    message: ({ milliseconds, rank, size }) =>
      `rank ${rank} has waited ${milliseconds} ms for the ${size ?? ""} processes of the job to start MPI`.replace(
        "  ",
        " ",
      ),
    hint: () => "see that every process reaches attach(), and that the hosts reach each other over the chosen network",
  },
  start: {
    code: "CP6555",
    severity: "error",
    title: "MPI that does not start",
    message: ({ library, reason }) => `${library} does not start: ${reason}`,
    hint: () => "try the launcher with another program, for example mpirun -n 2 hostname",
  },
  processes: {
    code: "CP6556",
    severity: "error",
    title: "Wrong number of processes",
    message: ({ expected, actual, mesh }) =>
      `the job has ${actual} processes; the program is compiled for ${expected} ranks (${mesh})`,
    hint: ({ expected }) =>
      `start ${expected} processes, or compile the plan with degrees whose product is their number`,
  },
  differs: {
    code: "CP6557",
    severity: "error",
    title: "Ranks that were started differently",
    message: ({ what, values }) => `the ranks do not have the same ${what}: ${values.join("; ")}`,
    hint: ({ what }) => `start all ranks with the same ${what}: copy it to every host, or use a shared folder`,
  },
  notAttached: {
    code: "CP6558",
    severity: "error",
    title: "Rank that does not attach",
    message: ({ ranks, milliseconds }) => `${ranks} had not called attach within ${milliseconds} ms`,
    hint: () => "every rank must call attach() with the same program, in the same order as rank 0",
  },
  silent: {
    code: "CP6559",
    severity: "error",
    title: "Rank that does not answer",
    message: ({ rank, host, milliseconds }) => `rank ${rank} on ${host} has not answered for ${milliseconds} ms`,
    hint: () =>
      "see whether the host and its network are up, and whether the process is stopped or its main thread blocked",
  },
  calls: {
    code: "CP6560",
    severity: "error",
    title: "Ranks that make different calls",
    message: ({ rank, call, expected }) => `rank ${rank} called ${call} where rank 0 called ${expected}`,
    hint: () => "all ranks must make the same calls of a session in the same order",
  },
  notCalled: {
    code: "CP6561",
    severity: "error",
    title: "Rank that does not make the call",
    message: ({ ranks, call, milliseconds }) => `${ranks} had not called ${call} ${milliseconds} ms after rank 0`,
    hint: () => "all ranks must make the same calls of a session in the same order",
  },
  gone: {
    code: "CP6562",
    severity: "error",
    title: "Rank whose process is gone",
    message: ({ rank, host, reason }) => `rank ${rank} on ${host} is gone: ${reason}`,
    hint: () => "look at what that rank printed; then start the job again",
  },
  placement: {
    code: "CP6563",
    severity: "note",
    title: "Ranks placed so that more bytes cross hosts",
    message: ({ hosts, bytes, best, lengths }) =>
      `the launcher placed the ranks so (${hosts}) that a run sends ${bytes} bytes between hosts; with adjacent ranks on one host it would be ${best} (at ${lengths})`,
    hint: () =>
      "let the launcher fill one host after the other: mpirun --map-by slot (Open MPI), srun --distribution=block",
  },
  cores: {
    code: "CP6564",
    severity: "note",
    title: "More ranks than cores",
    message: ({ host, ranks, cores }) => `${ranks} ranks share ${cores} cores of ${host}`,
    hint: () =>
      "start fewer ranks per host, or let the launcher bind each rank to more cores: mpirun --bind-to none, or --map-by slot:PE=k",
  },
  broken: {
    code: "CP6565",
    severity: "error",
    title: "MPI library that fails",
    message: ({ reason }) => `the MPI library fails, and no rank can be reached any more: ${reason}`,
    hint: () => "look at what the library and the launcher printed; then start the job again",
  },
  usedUp: {
    code: "CP6576",
    severity: "error",
    title: "Communicators of the MPI library that are used up",
    message: ({ failed, reason }) =>
      `after ${failed} failed run${failed === 1 ? "" : "s"} of this session, the MPI library makes no communicator for another run: ${reason}`,
    hint: () =>
      "start the job again before so many runs have failed or been aborted: the library keeps one communicator for each, of about 2,000 in MPICH",
  },
};
