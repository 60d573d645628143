/**
 * @file What the benchmark measures, as data: models at lengths, and the ways to split them. A case is one of each. Measures nothing.
 */

type Lengths = Readonly<Record<string, number>>;

/** A model of bench/models at given lengths. */
export interface Workload {
  readonly name: string;
  readonly title: string;
  /** Stem of the graph in bench/models. */
  readonly model: string;
  /** Stem of the plan in plans/. */
  readonly plan: string;
  readonly lengths: Lengths;
  readonly rounds: number;
  /** Names of the schemes that are measured. */
  readonly schemes: readonly string[];
  /** Another export of the same model, measured once as a second plain session. */
  readonly second?: { readonly name: string; readonly model: string };
  /** Lengths for the measurement of diffusers, if there is one: image and text tokens. */
  readonly reference?: { readonly img: number; readonly txt: number };
}

export interface Scheme {
  readonly title: string;
  readonly ranks: number;
  readonly parallel: {
    readonly ring_degree?: number;
    readonly ulysses_degree?: number;
    readonly rotate_method?: "allgather" | "alltoall";
  };
}

export const schemes: Readonly<Record<string, Scheme>> = {
  single: { title: "one rank", ranks: 1, parallel: { ulysses_degree: 1 } },
  ulysses2: { title: "Ulysses", ranks: 2, parallel: { ulysses_degree: 2 } },
  gather2: { title: "ring, all-gather", ranks: 2, parallel: { ring_degree: 2, rotate_method: "allgather" } },
  rotate2: { title: "ring, rotated", ranks: 2, parallel: { ring_degree: 2, rotate_method: "alltoall" } },
  ulysses4: { title: "Ulysses", ranks: 4, parallel: { ulysses_degree: 4 } },
  gather4: { title: "ring, all-gather", ranks: 4, parallel: { ring_degree: 4, rotate_method: "allgather" } },
  rotate4: { title: "ring, rotated", ranks: 4, parallel: { ring_degree: 4, rotate_method: "alltoall" } },
  unified4: {
    title: "ring 2, rotated, x Ulysses 2",
    ranks: 4,
    parallel: { ring_degree: 2, ulysses_degree: 2, rotate_method: "alltoall" },
  },
};

const flux = { model: "flux", plan: "flux" } as const;
const opset18 = { name: "plain, opset 18", model: "flux-opset18" } as const;

export const workloads: readonly Workload[] = [
  {
    ...flux,
    name: "flux-1024",
    title: "Flux, 1,024 image and 128 text tokens",
    lengths: { img: 1024, txt: 128 },
    rounds: 5,
    schemes: Object.keys(schemes),
    second: opset18,
    reference: { img: 1024, txt: 128 },
  },
  {
    ...flux,
    name: "flux-4096",
    title: "Flux, 4,096 image and 128 text tokens",
    lengths: { img: 4096, txt: 128 },
    rounds: 3,
    schemes: ["single", "ulysses2", "rotate2", "unified4"],
    second: opset18,
    reference: { img: 4096, txt: 128 },
  },
  {
    ...flux,
    name: "flux-1021",
    title: "Flux, uneven: 1,021 image and 77 text tokens",
    lengths: { img: 1021, txt: 77 },
    rounds: 5,
    schemes: ["ulysses2", "rotate2"],
  },
  {
    model: "wan",
    plan: "wan",
    name: "wan-4032",
    title: "Wan, 9 latent frames of 32 x 56 (4,032 tokens), 128 text tokens",
    lengths: { frames: 9, height: 32, width: 56, txt: 128 },
    rounds: 3,
    schemes: ["ulysses2", "rotate2", "unified4"],
  },
];

export interface Case {
  /** `flux-1024 ulysses2`: also the arguments that select it. */
  readonly name: string;
  readonly workload: Workload;
  readonly scheme: Scheme;
}

export const cases: readonly Case[] = workloads.flatMap((workload) =>
  workload.schemes.map((name) => ({ name: `${workload.name} ${name}`, workload, scheme: schemes[name]! })),
);

/** The cases whose name contains every word. */
export function selectCases(words: readonly string[]): readonly Case[] {
  return cases.filter(({ name }) => words.every((word) => name.includes(word)));
}
