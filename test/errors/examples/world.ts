/**
 * @file Examples of faults of ranks that are processes of an MPI job: the same functions, with stand-ins for the library and for the other
 * processes. Codes CP6550-6599.
 */
import { vi } from "vitest";
import { worldMessages } from "../../../compiler/diagnostics/catalog/running/world.ts";
import { diagnose } from "../../../compiler/diagnostics/diagnose.ts";
import type { CompiledProgram } from "../../../program/types.ts";
import { attach } from "../../../runtime/attach/attach.ts";
import { countProcesses } from "../../../runtime/attach/mpi.ts";
import { crossingNote } from "../../../runtime/attach/placement.ts";
import { loadProgram } from "../../../runtime/load/load.ts";
import { agree } from "../../../runtime/world/mpi/agree.ts";
import type { Hello, SentRun } from "../../../runtime/world/mpi/contents.ts";
import { followCrew } from "../../../runtime/world/mpi/follower.ts";
import { leadCrew } from "../../../runtime/world/mpi/leader.ts";
import { inTime, startMpi } from "../../../runtime/world/mpi/job.ts";
import { launchOf } from "../../../runtime/world/mpi/launch.ts";
import { brokenBy, exchangesOver } from "../../../runtime/world/mpi/seat.ts";
import { watchFollowers } from "../../../runtime/world/mpi/watch.ts";
import { fakeLibrary, lineTo, ownRank, seatAt } from "../../runtime/world/support/stand-ins.ts";
import { valueOf } from "../../support/fixtures.ts";
import { diagnosticsOf } from "../example.ts";
import type { Example, Examples } from "../example.ts";
import { compiled, failure, fluxPlan } from "../flux.ts";

const files = { "flux.plan.json": fluxPlan };
const RUN = "mpirun -n 2 onnx-cp run program --world mpi --inputs flux.npz";
const ATTACH = 'const session = await attach(program, { world: "mpi" });';

/** A run without feeds and without steps. */
const noRun = { kind: "run", lengths: {}, shares: null, wanted: [], handlers: [], progress: false } as const;

/** A program of two ranks in the folder `program`. */
async function program(): Promise<CompiledProgram> {
  await compiled();
  return valueOf(await loadProgram("program"));
}

/** A start of the library in a process that Open MPI has started as one of two. */
function started(means: string, given: string, library: Parameters<typeof fakeLibrary>[0]): Example {
  const launch = launchOf({ OMPI_COMM_WORLD_RANK: "1", OMPI_COMM_WORLD_SIZE: "2" })!;
  const call = async (): ReturnType<typeof failure> => {
    const before = process.listeners("exit");
    const found = await failure(inTime(startMpi(launch, fakeLibrary(library)), launch, 100));
    // A process that waits for the library would kill itself at its exit.
    for (const listener of process.listeners("exit")) if (!before.includes(listener)) process.off("exit", listener);
    return found;
  };
  return { means, given, command: RUN, call };
}

const hello: Hello = {
  kind: "hello",
  identity: { program: "sha256 1f0c5a3de0b1" },
  host: "node0",
  cores: [0],
  quota: 1,
};

/** Rank 0 of two meets another. */
function met(means: string, given: string, other: Partial<Hello> | null): Example {
  const call = async (): ReturnType<typeof failure> => {
    const letters = other === null ? [] : [{ from: 1, content: { ...hello, ...other } }];
    const meeting = { rank: 0, size: 2, line: lineTo(letters), hello, ...(other === null && { deadlineMs: 100 }) };
    let notes: readonly ReturnType<typeof diagnose>[] = [];
    const failed = await failure(agree(meeting).then((agreement) => (notes = agreement.notes)));
    return [...failed, ...notes];
  };
  return { means, given, command: RUN, call };
}

/** What rank 0 thinks of a silent rank 1, so long after the call. */
function watched(means: string, given: string, minutes: number): Example {
  const call = async (): ReturnType<typeof failure> => {
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      const watch = watchFollowers({ hosts: ["node0", "node1"], graceMs: 5_000, silence: () => 60_000 * minutes });
      watch.begin(3, "run");
      vi.advanceTimersByTime(60_000 * minutes);
      const waiting = new Set([1]);
      const silent = watch.silent(waiting).map(({ diagnostic }) => diagnostic);
      return [...silent, ...[watch.absent(waiting)].filter((absent) => absent !== null)];
    } finally {
      vi.useRealTimers();
    }
  };
  return { means, given, command: "await session.run(feeds);", call };
}

export const world: Examples = {
  CP6549: {
    means: "Ranks are threads of this process, or processes of an MPI job.",
    files,
    given: "the program of flux",
    command: 'await attach(program, { world: "nccl" });',
    call: async () => failure(attach(await program(), { world: "nccl" as "mpi" })),
  },
  CP6550: {
    means:
      "Every rank of the world `mpi` is a process that a launcher has started. None of the variables that launchers set is there: " +
      "`OMPI_COMM_WORLD_RANK` or `PMIX_RANK` (Open MPI, also under Slurm), `PMI_RANK` (MPICH and its relatives).",
    given: "the program of flux, in a process that was started without mpirun",
    command: ATTACH,
    call: async () => failure(attach(await program(), { world: "mpi" })),
  },
  CP6551: started(
    "The library of the launcher is called through the package koffi; one of them is missing, or the linker does not find the library.",
    "an installation of Open MPI's launcher without its library",
    { load: "Failed to load shared library: libmpi.so.40: cannot open shared object file: No such file or directory" },
  ),
  CP6552: started(
    "The launcher of one MPI has started processes that load the library of another, so that each would be a job of its own. Typical for a machine with Open MPI and MPICH.",
    "a process whose environment is Open MPI's, and a library that knows nothing of that",
    { size: 1 },
  ),
  CP6553: started(
    "Exchanges run in the thread of a rank while the main thread speaks with the other processes, so the library must allow calls of several threads at once.",
    "a library that was built for one thread",
    { level: 1 },
  ),
  CP6554: started(
    "`MPI_Init_thread` returns when all processes of the job have called it. After two minutes a rank gives up, and the launcher ends the job.",
    "a job in which another process never attaches, and a limit of 100 ms for this example",
    // It starts in the end: a process that waits for ever would end itself.
    { start: () => new Promise((resolve) => void setTimeout(resolve, 150, 3)) },
  ),
  CP6555: started("The library itself refuses to start.", "a broken installation", {
    start: () => Promise.reject(new Error("MPI_Init_thread failed with the code 16")),
  }),
  CP6556: {
    means: "Each process is one rank, so their number is that of the ranks which the plan was compiled for.",
    given: "the program of flux for 2 ranks",
    command: "mpirun -n 3 onnx-cp run program --world mpi --inputs flux.npz",
    call: async () => countProcesses((await program()).program, 3),
  },
  CP6557: met(
    "All ranks compare the mesh, the model and the program before the first exchange. Where the files lie may differ from host to host, their content may not.",
    "two hosts with different programs in the folder `program`",
    { identity: { program: "sha256 9b77e2a44c0d" } },
  ),
  CP6558: met(
    "The other ranks had 5 minutes to attach, or the deadline of `attach`.",
    "another rank that computes something else, and a deadline of 100 ms",
    null,
  ),
  CP6559: watched(
    "Every rank says every 200 ms that it is there. After 30 seconds of silence it counts as gone, which ends the session: its host or its network is down, its process is stopped, or its main thread is blocked.",
    "a rank whose host is gone for a minute",
    1,
  ),
  CP6560: {
    means:
      "A call of a session is one of all ranks. Rank 0 decides which one; the feeds, the outputs wanted and the options of other ranks do not count.",
    given: "a script in which rank 0 runs and rank 1 registers a handler",
    command:
      'if (session.rank === 0) await session.run(feeds);\nelse await session.hooks.register("proj_out", "post_forward", url);',
    call: async () => {
      const line = lineTo([]);
      const follower = followCrew(seatAt(1, line), ownRank());
      line.arrive({ from: 0, content: { kind: "done", round: 0 } });
      await follower.started.settled;
      const sent: SentRun = { ...noRun, tensors: [], outboxBytes: [] };
      line.arrive({ from: 0, content: { kind: "request", round: 1, sent, fresh: false } });
      const registration = { id: 0, module: "proj_out", phase: "post_forward", url: "file:///hook.js" } as const;
      return failure(follower.crew.ask({ kind: "register", registration }).reports);
    },
  },
  CP6561: watched(
    "Rank 0 has called, and the others had 5 minutes to make the same call. They are there: each still computes something else, or has other calls in its script.",
    "a script in which only rank 0 runs",
    6,
  ),
  CP6562: {
    means:
      "The process of a rank ended, or released its session, while others still needed it. The reason is what it said last.",
    given: "a script in which rank 1 exits after the first run",
    command: "await session.run(feeds);\nif (session.rank === 1) process.exit(3);\nawait session.run(feeds);",
    call: async () => {
      const line = lineTo([]);
      const leader = leadCrew(seatAt(0, line), ownRank());
      const reason = "its process exited with code 3";
      const diagnostics = [diagnose(worldMessages.gone, { rank: 1, host: "node1", reason })];
      line.arrive({ from: 1, content: { kind: "lost", diagnostics, torn: true } });
      return failure(leader.started.reports);
    },
  },
  CP6563: {
    means:
      "The launcher dealt ranks to hosts so that ranks which exchange much are on different hosts. The numbers are for chosen lengths; only their ratio counts.",
    given: "a program for a mesh of 2 x 1 x 2, and a launcher that deals ranks to two hosts in turn",
    command: "mpirun -n 4 --host node0:2,node1:2 --map-by node onnx-cp run program --world mpi --inputs flux.npz",
    call: async () => {
      await compiled(undefined, "flux/flux-b.dynamo18-dynamic.onnx");
      const degrees = "--batch-degree 2 --ulysses-degree 2";
      await diagnosticsOf(`onnx-cp compile flux.plan.json --model flux.onnx ${degrees} --out program`);
      return crossingNote(valueOf(await loadProgram("program")).program, ["node0", "node1", "node0", "node1"]);
    },
  },
  CP6564: met(
    "Each rank gets at least one thread, so these ranks take turns on the cores. Launchers often bind a process to one core; containers and Slurm allow fewer cores than the host has.",
    "two ranks that the launcher has bound to the same core",
    {},
  ),
  CP6565: {
    means:
      "A call of the MPI library returned an error, so that no message can be sent or received any more. The sessions of the job are lost; the reason is the call and what it returned.",
    given: "a job whose network fails",
    command: "await session.run(feeds);",
    call: async () => [brokenBy(new Error("MPI_Iprobe failed with the code 15"))],
  },
  CP6576: {
    means:
      "Messages of a run that failed may still be on their way, so the next run gets a communicator of its own, and the library keeps the old one until the job ends. Libraries have a limited number of them. All later runs of the session fail alike, on every rank.",
    given: "a job of MPICH in which some 2,000 runs were aborted",
    command: "await session.run(feeds);",
    call: async () => {
      const none = async (): Promise<never> => {
        throw new Error("MPI_Test failed with the code 605709583");
      };
      return failure(exchangesOver(0, none, () => undefined).communicator(true));
    },
  },
};
