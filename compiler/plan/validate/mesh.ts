/**
 * @file Converts a `ParallelConfig`, or a bare `ContextParallelConfig`, to the normalised mesh. Fields of the reference that have no effect
 * here get a note; those that cannot work are refused by name.
 */
import { configMessages } from "../../diagnostics/catalog/plan-rules.ts";
import { diagnose, settle } from "../../diagnostics/diagnose.ts";
import type { Diagnostic, Result } from "../../diagnostics/types.ts";
import { limits } from "../../limits/limits.ts";
import { type AstMember, type AstNode, describe, member } from "../ast.ts";
import type { Finding } from "../schema/check.ts";
import { contextFields, inertFields, parallelConfigSchema, refusedFields } from "../schema/parallel-config-schema.ts";
import type { MeshConfig } from "../types.ts";
import { inTextOrder } from "./order.ts";
import type { Place } from "./places.ts";
import { checkSize } from "./size.ts";
import { checkShape } from "./shape.ts";

export function validateParallelConfig(root: AstNode): Result<MeshConfig> {
  const size = checkSize(root, "the config");
  if (size !== undefined) return { ok: false, diagnostics: [size] };
  const shape = checkShape(root, { schema: parallelConfigSchema, rootName: "the config", special, memberwise: false });
  const config = member(root, "context_parallel_config")?.value ?? root;
  const found = [...shape, ...notes(config)];
  const mesh: MeshConfig = {
    batch_degree: numberOr(root, "batch_degree", 1),
    ring_degree: numberOr(config, "ring_degree", 1),
    ulysses_degree: numberOr(config, "ulysses_degree", 1),
    rotate_method: scalar(config, "rotate_method") === "alltoall" ? "alltoall" : "allgather",
    convert_to_fp32: scalar(config, "convert_to_fp32") !== false,
  };
  return settle(mesh, inTextOrder([...found, ...tooManyRanks(mesh, config)]));
}

/** Refused fields, and fields of the inner config that are next to it. */
function special({ keyword, key, path }: Finding, { node, key: name, keySpan, where }: Place): Diagnostic | undefined {
  const instead = name !== null && Object.hasOwn(refusedFields, name) ? refusedFields[name] : undefined;
  if (keyword === "type" && name !== null && instead !== undefined) {
    return diagnose(configMessages.refusedField, { field: where, instead }, { span: keySpan ?? undefined });
  }
  if (keyword !== "additionalProperties" || key === null || path.length > 0) return undefined;
  const isInner = member(node, "context_parallel_config") !== undefined && Object.hasOwn(contextFields, key);
  if (!isInner) return undefined;
  const span = member(node, key)?.keySpan ?? undefined;
  return diagnose(configMessages.bothForms, { field: key }, { span });
}

/** Each degree may be valid alone; the schema checks that. */
function tooManyRanks(
  { batch_degree: batch, ring_degree: ring, ulysses_degree: ulysses }: MeshConfig,
  config: AstNode,
): readonly Diagnostic[] {
  const limit = limits.ranks.most;
  const isValid = (degree: number): boolean => Number.isInteger(degree) && degree >= 1 && degree <= limit;
  const ranks = batch * ring * ulysses;
  if (![batch, ring, ulysses].every(isValid) || ranks <= limit) return [];
  const span = (member(config, "ulysses_degree") ?? member(config, "ring_degree"))?.keySpan ?? undefined;
  return [diagnose(configMessages.tooManyRanks, { batch, ring, ulysses, ranks, limit }, { span })];
}

function notes(config: AstNode): readonly Diagnostic[] {
  if (config.kind !== "object") return [];
  return config.members
    .filter(
      ({ key, value }) => inertFields.includes(key) && value.kind === "scalar" && typeof value.value === "boolean",
    )
    .map(({ key, keySpan, value }: AstMember) =>
      diagnose(configMessages.alwaysOn, { field: key, value: describe(value) }, { span: keySpan ?? undefined }),
    );
}

function scalar(node: AstNode, key: string): string | number | boolean | null {
  const value = member(node, key)?.value;
  return value?.kind === "scalar" ? value.value : null;
}

function numberOr(node: AstNode, key: string, fallback: number): number {
  const value = scalar(node, key);
  return typeof value === "number" ? value : fallback;
}
