/**
 * @file What the advice on meshes is asked for and what it answers, as data. Sizes are bytes, times milliseconds.
 */
import type { AttentionScheme, ContextParallelPlan } from "../compiler/plan/types.ts";

export interface AdviseOptions {
  /** Path of the ONNX file. */
  readonly model: string;
  /** Path of a plan file, or the plan itself. */
  readonly plan: string | ContextParallelPlan;
  /** The text of the plan, if it was read already; `plan` is then its name in diagnostics. */
  readonly planText?: string;
  /** Numbers of devices; each is considered with every mesh. */
  readonly devices: readonly number[];
  /** Sizes of dynamic inputs, by name; together they must fix every length of the model. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
  /**
   * Bytes per second that a device sends to others of its host. Without it the ranks are threads that share this machine, and what an
   * exchange takes is measured.
   */
  readonly bandwidth?: number;
  /** Floating-point operations per second of a device, as it sustains them. Without it the rates of this machine are measured. */
  readonly flops?: number;
  /** Devices of one host; the others are reached at `hostBandwidth`. */
  readonly devicesPerHost?: number;
  /** Bytes per second that a host sends to others; its devices share it. */
  readonly hostBandwidth?: number;
  /** Ends the work at its next pause. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: AdviseProgress) => void;
}

export interface AdviseProgress {
  readonly done: number;
  readonly total: number;
  /** `ring 2 x ulysses 4` */
  readonly what: string;
}

/** How long work and exchanges take: every number that a predicted time depends on, besides the program. */
export interface CostModel {
  /** `measured` on this machine, or `given` by the caller. */
  readonly work: "measured" | "given";
  readonly exchange: "measured" | "given";
  /** The ranks share one machine: the rates of work are those of all its cores, and a rank gets its part of them. */
  readonly shared: boolean;
  /** Cores of the machine whose rates were measured. */
  readonly cores: number;
  /** Floating-point operations per second. */
  readonly products: number;
  readonly attention: number;
  /** Bytes per second that other operators read and write. */
  readonly memory: number;
  /** Milliseconds of a collective, before any byte. */
  readonly latency: number;
  /** Bytes per second of a rank to others of its host. */
  readonly bandwidth: number;
  /** `null` if all devices are in one host. */
  readonly hosts: { readonly devices: number; readonly bandwidth: number } | null;
}

/** A mesh and how its rings move keys and values; `null` without a ring. */
export interface MeshChoice {
  readonly batch_degree: number;
  readonly ring_degree: number;
  readonly ulysses_degree: number;
  readonly rotate_method: "allgather" | "alltoall" | null;
}

/** Where the time of a step goes, as means over the ranks; together the time of the step. Milliseconds. */
export interface TimeParts {
  readonly work: number;
  /** Collectives that the network inside a host limits. */
  readonly exchange_inside: number;
  /** Those that the network between hosts limits. */
  readonly exchange_between: number;
  /** For other ranks, at collectives and at the end. */
  readonly waiting: number;
}

/** `$attention` of a plan: module name or pattern to the scheme of the attention sites inside. */
export type SiteSchemes = Readonly<Record<string, AttentionScheme>>;

/**
 * A mesh with the plan as it is, or with other schemes of its attention sites. A mesh is listed a second time where the ranks together send
 * fewer bytes under other schemes, by exact count.
 */
export interface MeshAdvice extends MeshChoice {
  /** What replaces `$attention` of the plan; `null` for the plan as it is. */
  readonly attention: SiteSchemes | null;
  /** Bytes that each rank sends to others in a step, by rank. */
  readonly sent: readonly number[];
  /** Those of them that leave the rank's host. */
  readonly sent_between_hosts: readonly number[];
  readonly collectives: number;
  readonly memory: {
    /** Of one rank: values and what exchanges hold. The weights come on top, once per process. */
    readonly rank: number;
    readonly weights: number;
    /** Values whose size depends on data; they are not counted. */
    readonly unsized: number;
  };
  /** Of one step. */
  readonly milliseconds: number;
  readonly parts: TimeParts;
  /** Compared with one device. */
  readonly speedup: number | null;
}

export interface ImpossibleMesh extends MeshChoice {
  readonly code: string;
  readonly reason: string;
}

export interface DevicesAdvice {
  readonly devices: number;
  /** The mesh to take, with which schemes, and why; `null` if none is possible. */
  readonly take: (MeshChoice & Pick<MeshAdvice, "attention"> & { readonly why: string }) | null;
  /** By predicted time, the fastest first. */
  readonly meshes: readonly MeshAdvice[];
  readonly impossible: readonly ImpossibleMesh[];
}

export interface Advice {
  readonly inputs: readonly { readonly name: string; readonly elem: string; readonly shape: readonly number[] }[];
  readonly costs: CostModel;
  /** One device; `null` if the plan does not compile for it. */
  readonly single: MeshAdvice | null;
  readonly devices: readonly DevicesAdvice[];
}
