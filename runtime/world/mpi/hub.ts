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
  readonly close: () => void;
}

export interface Hub {
  /** Sessions have the same number in all processes, which attach in one order. */
  readonly open: (session: number) => Line;
  /** Calls `work` at every look at the post. Returns the function that ends that. */
  readonly watch: (work: () => void) => () => void;
  /** Looks often until the function that it returns is called, and keeps the process alive as long. */
  readonly hurry: () => () => void;
  /** Takes in what has arrived, now. */
  readonly look: () => void;
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

/** `failed` is called when the library itself fails. */
export function openHub(mail: Mail, failed: (error: unknown) => void): Hub {
  const boxes = createBoxes();
  const works = new Set<() => void>();
  const look = (): void => {
    for (const { content: addressed, ...letter } of mail.poll()) {
      const { session, content } = addressed as Addressed;
      boxes.put(session, { ...letter, content });
    }
    for (const work of works) work();
  };
  const pace = keepLooking(look, failed);
  return {
    look,
    watch: (work) => {
      works.add(work);
      return () => works.delete(work);
    },
    hurry: pace.hurry,
    stop: pace.stop,
    open: (session) => ({
      send: (to, content, payload) => mail.send(to, { session, content } satisfies Addressed, payload),
      listen: (hear) => boxes.listen(session, hear),
      pause: () => boxes.listen(session, null),
      close: () => boxes.listen(session, () => undefined),
    }),
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

function keepLooking(look: () => void, failed: (error: unknown) => void): Pick<Hub, "hurry" | "stop"> {
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
    try {
      look();
      schedule();
    } catch (error) {
      failed(error);
    }
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
