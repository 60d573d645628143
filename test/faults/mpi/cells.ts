/**
 * @file The table of faults of a job as data: what each fault at each place must come to, on the rank with the fault and on the other. Knows no
 * process.
 */
import type { JobCell, JobFault, JobPlace } from "../../../bench/faults/mpi/order.ts";
import type { After } from "../../../bench/faults/order.ts";

/** What a rank must see. */
export interface ExpectedSight {
  /** Codes of the error that its caller sees, `null` for none. */
  readonly codes: readonly (string | null)[];
  readonly after: readonly After[];
  /** What message and diagnostics must contain. */
  readonly says: readonly RegExp[];
  /** Whether the launcher may end it before it can say anything. */
  readonly mayDie: boolean;
}

export interface ExpectedJob extends JobCell {
  readonly deadlineMs: number | null;
  /** Of worlds.ts. */
  readonly worlds: readonly WorldName[];
  readonly other: ExpectedSight;
  /** `null`: it says nothing. */
  readonly own: ExpectedSight | null;
  /** Whether the launcher ends with 0; `null`: it may. */
  readonly well: boolean | null;
  /** Whether the process ends itself as one that crashes does. */
  readonly crashes: boolean;
  /** From the fault to the end of the launcher and of all processes of the job. */
  readonly withinMs: number;
}

export type WorldName = "Open MPI" | "Open MPI, two hosts" | "MPICH";

const everywhere: readonly WorldName[] = ["Open MPI", "Open MPI, two hosts", "MPICH"];
const twoHosts: readonly WorldName[] = ["Open MPI, two hosts"];
const all = ["attach", "piece", "collective", "between runs"] as const;
const running = ["piece", "collective", "between runs"] as const;
const called = ["piece", "collective"] as const;

/** Much more than it takes, since ranks may share busy cores. */
const SOON_MS = 30_000;
/** A rank that says nothing for 30 s, the farewell, and the end of the launcher. */
const SILENT_MS = 75_000;
/** The same where rank 0 has made no call: it may say nothing for 5 minutes then. */
const IDLE_MS = 345_000;
/** The deadline of the run, the grace, and the farewell. */
const LATE_MS = 45_000;
const DEADLINE_MS = 1_500;

type Form = Partial<ExpectedJob> & Pick<ExpectedJob, "other" | "own">;

function cellsAt(
  fault: JobFault,
  places: readonly JobPlace[],
  form: (rank: number, place: JobPlace) => Form,
): readonly ExpectedJob[] {
  const common = { deadlineMs: null, worlds: everywhere, well: false, crashes: false, withinMs: SOON_MS };
  return places.flatMap((place) =>
    [0, 1].map((rank) => ({ fault, place, rank, ...common, ...form(rank, place) }) satisfies ExpectedJob),
  );
}

function sight(
  codes: readonly (string | null)[],
  after: readonly After[],
  says: readonly RegExp[] = [],
  mayDie: boolean = false,
): ExpectedSight {
  return { codes, after, says, mayDie };
}

/** The rank says goodbye; the other hears of it in its call, or before it. While it attaches, it may not be able to say anything. */
function leaves(code: number): (rank: number, place: JobPlace) => Form {
  return (rank, place) => ({
    own: null,
    other:
      place === "attach"
        ? sight(["CP6562", "CP6511", "CP6558", "CP6554", "CP6522"], ["no session", "ended"], [], true)
        : sight(
            ["CP6562", "CP6511"],
            ["ended"],
            [new RegExp(`rank ${rank} on .* its process exited with code ${code}`)],
          ),
  });
}

/** The libraries end the processes some time after the launcher, Open MPI up to seconds: what is at work may be done by then. */
const ended = sight([null, "CP6559"], ["usable", "ended"], [], true);
const gone: Form = { own: null, other: sight(["CP6559"], ["ended"], [], true) };

/** The process is there and says nothing. */
function silent(rank: number, place: JobPlace): Form {
  const says = [new RegExp(`rank ${rank} on .* has not answered`)];
  const own = woken;
  // Rank 0 may take its time between calls.
  const withinMs = place === "between runs" && rank === 0 ? IDLE_MS : SILENT_MS;
  if (place !== "attach") return { own, other: sight(["CP6559"], ["ended"], says), withinMs };
  return { own, deadlineMs: 4_000, other: atDeadline, withinMs: LATE_MS };
}

/** Open MPI lets stopped processes continue before it ends them. */
const woken = sight(
  ["CP6559", "CP6562", "CP6511", "CP6508", "CP6522", "CP6554", "CP6558"],
  ["ended", "no session", "no answer"],
  [],
  true,
);

const atDeadline = sight(["CP6522", "CP6554", "CP6558", "CP6508"], ["no session", "ended"], [/ranks? [01]/]);

function overdue(rank: number): Form {
  const other = sight(["CP6508"], ["ended", "no answer"], [new RegExp(`ranks? (0, )?${rank}`)]);
  return { own: woken, deadlineMs: DEADLINE_MS, other, withinMs: LATE_MS };
}

function inHandler(code: string, after: After, says: readonly RegExp[], deadlineMs: number | null = null) {
  return (rank: number): Form => {
    const place = [new RegExp(`rank ${rank}`), /hook post_forward, module \\?"block\\?"/, /\/hooks\/0/];
    const both = sight([code], [after], [...place, ...says]);
    return { own: both, other: both, deadlineMs };
  };
}

const right = (): Form => ({ own: sight([null], ["usable"]), other: sight([null], ["usable"]), well: true });
const both =
  (seen: ExpectedSight): (() => Form) =>
  () => ({ own: seen, other: seen });
const onTwoHosts = (form: Form): Form => ({ ...form, worlds: twoHosts });
/** Both sides are cut off from each other. */
const cut = (form: Form): Form => onTwoHosts({ ...form, own: form.other });
const notHeard = sight(["CP6559"], ["ended"], [/rank [01] on .* has not answered/], true);
const notInTime = sight(["CP6508"], ["ended", "no answer"], [/rank/], true);

export const cells: readonly ExpectedJob[] = [
  ...cellsAt("error of the script", all, leaves(1)),
  ...cellsAt("rejection in the script", all, leaves(1)),
  ...cellsAt("exit 0 of the script", all, leaves(0)),
  ...cellsAt("exit 3 of the script", all, leaves(3)),
  ...cellsAt("SIGKILL", all, () => gone),
  ...cellsAt("full heap of the script", running, () => ({ ...gone, crashes: true })),
  ...cellsAt("SIGSTOP", all, silent),
  ...cellsAt("SIGSTOP", running, overdue),
  ...cellsAt("endless loop of the script", all, silent),
  ...cellsAt("endless loop of the script", running, overdue),
  ...cellsAt("SIGSTOP, SIGCONT", all, right),
  ...cellsAt("throw", called, inHandler("CP6505", "usable", [/boom/])),
  ...cellsAt("exit", called, inHandler("CP6507", "ended", [/code 7/])),
  ...cellsAt("full heap", called, inHandler("CP6507", "ended", [/memory/])),
  ...cellsAt("no answer", called, inHandler("CP6508", "usable", [], DEADLINE_MS)),
  ...cellsAt("endless loop", called, inHandler("CP6508", "ended", [], DEADLINE_MS)),
  ...cellsAt("exchange memory", ["collective"], both(sight(["CP6516"], ["usable"]))),
  ...cellsAt("piece memory", ["piece"], both(sight(["CP6504"], ["usable"], [/piece work/, /\/hooks\/0/]))),
  ...cellsAt("late end", ["between runs"], right),
  ...cellsAt("launcher stopped", ["between runs"], () => ({ ...right(), well: false, withinMs: LATE_MS })),
  // With the launcher its terminal goes, which a thread of Node needs when it starts.
  ...cellsAt(
    "launcher killed",
    ["attach"],
    both({ ...ended, codes: [...ended.codes, "CP6502"], after: [...ended.after, "no session"] }),
  ),
  ...cellsAt("launcher killed", running, both(ended)),
  ...(["link down", "packets lost"] as const).flatMap((fault) => [
    ...cellsAt(fault, running, () => cut({ own: null, other: notHeard, withinMs: SILENT_MS })),
    ...cellsAt(fault, running, () => cut({ own: null, other: notInTime, deadlineMs: DEADLINE_MS, withinMs: LATE_MS })),
  ]),
  ...cellsAt("few packets lost", running, () => onTwoHosts(right())),
];

/** A few cells of which some runs are part of every test run. */
const QUICK: readonly (readonly [JobFault, JobPlace, number, WorldName])[] = [
  // A rank that ends while its thread exchanges: the library must not be finalized meanwhile.
  ["exit 0 of the script", "collective", 0, "MPICH"],
  ["error of the script", "between runs", 1, "Open MPI"],
  // MPICH's launcher does not notice by itself that a process ends before it has started the library.
  ["exit 0 of the script", "attach", 0, "MPICH"],
  ["throw", "collective", 1, "Open MPI"],
  ["SIGKILL", "piece", 0, "Open MPI"],
  ["SIGSTOP", "collective", 1, "Open MPI"],
  // A rank that has ended well must not end the job of the other.
  ["late end", "between runs", 0, "Open MPI"],
];

export function isQuick({ fault, place, rank, withinMs }: ExpectedJob, world: WorldName): boolean {
  if (withinMs > LATE_MS) return false;
  return QUICK.some((one) => one[0] === fault && one[1] === place && one[2] === rank && one[3] === world);
}
