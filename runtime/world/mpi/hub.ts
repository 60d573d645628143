/**
 * @file The post of a process: takes in what has arrived for any of its sessions, at a pace that fits whether somebody waits for it. Knows no
 * content.
 */
import type { Letter, Mail } from "./mail.ts";

/** What a session sends and gets. */
export interface Line {
  readonly send: (to: number, content: unknown, payload?: Uint8Array) => void;
  /** Has `hear` called with every letter, those first that came before. */
  readonly listen: (hear: (letter: Letter) => void) => void;
  /** Keeps letters until somebody listens again. */
  readonly pause: () => void;
  /** Calls `work` at every look at the post. Returns the function that ends that. */
  readonly watch: (work: () => void) => () => void;
  /** Has `hear` called, in place of the last one, when the library fails, after which nothing is sent and nothing arrives. */
  readonly onBroken: (hear: (error: unknown) => void) => void;
  readonly close: () => void;
}

export interface Hub {
  /** Sessions have the same number in all processes, which attach in one order. */
  readonly open: (session: number) => Line;
  /** Looks often until the function that it returns is called, and keeps the process alive as long. */
  readonly hurry: () => () => void;
  /** Takes in what has arrived, now. */
  readonly look: () => void;
  /** Milliseconds since the last letter of a process, or since the start. */
  readonly silence: (rank: number) => number;
  readonly stop: () => void;
}

/** Milliseconds between looks while there is no call. */
const IDLE_MS = 20;
/** The same during a call: a part of what it has taken so far, so that neither short calls wait long nor long ones are disturbed often. */
const PART = 0.01;
const SHORTEST_MS = 1;
const LONGEST_MS = 10;

interface Addressed {
  readonly session: number;
  readonly content: unknown;
}

export function openHub(mail: Mail): Hub {
  const boxes = createBoxes();
  const works = new Set<() => void>();
  const post = watchPost(mail);
  const look = (): void => {
    for (const { content: addressed, ...letter } of post.poll()) {
      const { session, content } = addressed as Addressed;
      boxes.put(session, { ...letter, content });
    }
    for (const work of works) work();
  };
  const pace = keepLooking(look);
  return {
    look,
    silence: post.silence,
    hurry: pace.hurry,
    stop: pace.stop,
    open: (session) => {
      let forget = (): void => undefined;
      return {
        send: (to, content, payload) => post.send(to, { session, content } satisfies Addressed, payload),
        listen: (hear) => boxes.listen(session, hear),
        pause: () => boxes.listen(session, null),
        watch: (work) => {
          works.add(work);
          return () => works.delete(work);
        },
        onBroken: (hear) => {
          forget();
          forget = post.onBroken(hear);
        },
        close: () => {
          forget();
          boxes.listen(session, () => undefined);
        },
      };
    },
  };
}

interface Post extends Pick<Mail, "send" | "poll">, Pick<Hub, "silence"> {
  /** Returns the function that ends that. */
  readonly onBroken: (hear: (error: unknown) => void) => () => void;
}

/** The mail until the library fails, and when it brought what. */
function watchPost(mail: Mail): Post {
  const opened = performance.now();
  const heard = new Map<number, number>();
  const hears = new Set<(error: unknown) => void>();
  let broken: { readonly error: unknown } | null = null;
  const attempt = <T>(work: () => T, otherwise: T): T => {
    if (broken !== null) return otherwise;
    try {
      return work();
    } catch (error) {
      broken = { error };
      for (const hear of hears) queueMicrotask(() => hear(error));
      return otherwise;
    }
  };
  return {
    send: (...parameters) => attempt(() => mail.send(...parameters), undefined),
    poll: () => {
      const letters = attempt(mail.poll, []);
      for (const { from } of letters) heard.set(from, performance.now());
      return letters;
    },
    silence: (rank) => performance.now() - (heard.get(rank) ?? opened),
    onBroken: (hear) => {
      const { error } = broken ?? {};
      if (broken === null) hears.add(hear);
      else queueMicrotask(() => hear(error));
      return () => hears.delete(hear);
    },
  };
}

type Hear = (letter: Letter) => void;

interface Boxes {
  readonly put: (session: number, letter: Letter) => void;
  /** `null`: letters wait. */
  readonly listen: (session: number, hear: Hear | null) => void;
}

function createBoxes(): Boxes {
  const boxes = new Map<number, { hear: Hear | null; waiting: Letter[] }>();
  const boxOf = (session: number): { hear: Hear | null; waiting: Letter[] } => {
    const box = boxes.get(session) ?? { hear: null, waiting: [] };
    boxes.set(session, box);
    return box;
  };
  return {
    put: (session, letter) => {
      const box = boxOf(session);
      if (box.hear === null) box.waiting.push(letter);
      else box.hear(letter);
    },
    listen: (session, hear) => {
      const box = boxOf(session);
      box.hear = hear;
      while (box.hear !== null && box.waiting.length > 0) box.hear(box.waiting.shift()!);
    },
  };
}

function keepLooking(look: () => void): Pick<Hub, "hurry" | "stop"> {
  let hurried = 0;
  let since = 0;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const schedule = (): void => {
    clearTimeout(timer);
    if (stopped) return;
    const pause = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, PART * (performance.now() - since)));
    timer = setTimeout(turn, hurried > 0 ? pause : IDLE_MS);
    // Idle, it must not keep the process alive.
    if (hurried === 0) timer.unref();
  };
  const turn = (): void => {
    look();
    schedule();
  };
  const change = (by: number): void => {
    hurried += by;
    since = performance.now();
    schedule();
  };
  schedule();
  return {
    hurry: () => {
      change(1);
      let over = false;
      return () => {
        if (!over) change(-1);
        over = true;
      };
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
