/**
 * @file The plan language as data: what a person writes (authoring types) and the result of validation (`Plan`). Knows nothing of files,
 * graphs or models.
 */
import type { Span } from "../diagnostics/types.ts";
import type { Written } from "./edits/written.ts";

/** Splits a value along `split_dim` over the mesh. Source: diffusers `ContextParallelInput`. */
export interface ContextParallelInput {
  /** Axis along which the value is split over the ranks. Negative axes count from the end. */
  readonly split_dim: number;
  /** Number of axes that the value must have to be split. With any other rank it stays whole, and a note says so. */
  readonly expected_dims?: number;
  /** Splits an output of the module instead: the key is then the index of the output, `"0"`, `"1"`, ... */
  readonly split_output?: boolean;
  /** Names the ONNX value instead of searching for it; not under a `*`. */
  readonly value?: string;
}

/** Gathers a value along `gather_dim`. Source: diffusers `ContextParallelOutput`. */
export interface ContextParallelOutput {
  /** Axis along which the chunks of all ranks are joined. Negative axes count from the end. */
  readonly gather_dim: number;
  /** Number of axes that the value must have; any other rank is an error. */
  readonly expected_dims?: number;
  /** Names the ONNX value instead of searching for it; not under a `*`. */
  readonly value?: string;
}

/** Forward-parameter name, or output index as digits, to its spec. */
export interface ContextParallelInputs {
  readonly [parameter: string]: ContextParallelInput | readonly ContextParallelInput[];
}

export type ContextParallelOutputs = ContextParallelOutput | readonly (ContextParallelOutput | null)[];

export type ContextParallelEntry =
  | ContextParallelInputs
  | ContextParallelOutputs
  | readonly [ContextParallelInputs, ContextParallelOutputs];

/**
 * How an attention site is split: keys and values gathered on all ranks of the sequence group, which works on every mesh, or one of the
 * schemes of a mesh.
 */
export type AttentionScheme = "gather" | "ulysses" | "ring" | "unified";

/** The keys of a plan that are no modules. */
export interface ReservedKeys {
  /** The JSON Schema that editors use for the file. */
  readonly $schema?: string;
  /** A remark; ignored. */
  readonly $comment?: string;
  /** Path of the ONNX model, relative to the plan. */
  readonly $model?: string;
  /** Input of the model to the axis that has the batch. */
  readonly $batch?: Readonly<Record<string, number>>;
  /** Module name or pattern to the scheme of the attention sites inside; a later key replaces an earlier one. */
  readonly $attention?: Readonly<Record<string, AttentionScheme>>;
}

/** A plan as it is written: module name or pattern to its entry; plus the reserved keys. */
export interface ContextParallelPlan extends ReservedKeys {
  readonly [module: string]:
    | ContextParallelEntry
    | Readonly<Record<string, number>>
    | Readonly<Record<string, AttentionScheme>>
    | string
    | undefined;
}

/** One validated specification, flattened: which boundary of which module, the action, and the source location. */
export interface PlanSpec {
  /** `split` or `gather`. */
  readonly action: "split" | "gather";
  /** Which side of the module the value is on. `split` on an output is the reference's `split_output: true`. */
  readonly side: "input" | "output";
  /** Parameter name for an input; `null` for an output. */
  readonly parameter: string | null;
  /** Output index for an output; element index for a list-valued parameter; `null` otherwise. */
  readonly index: number | null;
  /** Length of the list that contained this spec, or `null` if it was not in a list. */
  readonly count: number | null;
  /** Axis as written; negative counts from the end. */
  readonly dim: number;
  readonly expectedDims: number | null;
  /** ONNX value named by the plan. */
  readonly value: string | null;
  readonly origin: Origin;
}

/** Where a spec was written. `pointer` reads like `transformer_blocks.*.hidden_states`. */
export interface Origin {
  readonly pointer: string;
  /** Span of the spec object (or `null` for a plan given as a value). */
  readonly span: Span | null;
  /** Span of the parameter or index key. */
  readonly keySpan: Span | null;
}

/** One key of the plan: a module pattern with its specs, in the order in which they were written. */
export interface PlanEntry {
  /** `""` is the root; `*` matches one path segment. */
  readonly pattern: string;
  readonly patternSpan: Span | null;
  readonly specs: readonly PlanSpec[];
}

/** One key of `$batch`: an input of the model and the axis that has the batch. */
export interface PlanBatch {
  readonly input: string;
  /** Axis as written; negative counts from the end. */
  readonly dim: number;
  readonly span: Span | null;
}

/** One key of `$attention`: modules, and the scheme of the attention sites inside them. */
export interface PlanAttention {
  /** `""` is the root; `*` matches one path segment. */
  readonly pattern: string;
  readonly scheme: AttentionScheme;
  readonly origin: Origin;
}

export interface Plan {
  /** File as it was given, or `null` for a plan given as a value. */
  readonly file: string | null;
  /** The text, for the edits of fixes; `null` for a plan given as a value. */
  readonly written: Written | null;
  /** Of the whole plan; `null` for a plan given as a value. */
  readonly span: Span | null;
  /** `$model`, if present. */
  readonly model: string | null;
  /** `$batch`; empty if the plan does not have it. */
  readonly batch: readonly PlanBatch[];
  /** `$attention`; empty if the plan does not have it. */
  readonly attention: readonly PlanAttention[];
  readonly entries: readonly PlanEntry[];
}

/** A mesh in the reference's spelling; every degree defaults to 1. Source: diffusers `ContextParallelConfig`. */
export interface ContextParallelConfig {
  readonly ring_degree?: number;
  readonly ulysses_degree?: number;
  readonly rotate_method?: "allgather" | "alltoall";
  readonly convert_to_fp32?: boolean;
  /** Always on here; accepted with a note. */
  readonly ulysses_anything?: boolean;
  /** Always on here; accepted with a note. */
  readonly ring_anything?: boolean;
}

/** Source: diffusers `ParallelConfig`, which has no `batch_degree`. */
export interface ParallelConfig {
  /** Ranks that divide the batch; 1 by default. */
  readonly batch_degree?: number;
  readonly context_parallel_config?: ContextParallelConfig;
}

/** Normalised `ParallelConfig`. N = batch_degree * ring_degree * ulysses_degree. */
export interface MeshConfig {
  readonly batch_degree: number;
  readonly ring_degree: number;
  readonly ulysses_degree: number;
  readonly rotate_method: "allgather" | "alltoall";
  readonly convert_to_fp32: boolean;
}
