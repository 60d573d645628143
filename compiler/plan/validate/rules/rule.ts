/**
 * @file The type of a rule of the plan language: one check over the entries, beyond what the schema can express.
 */
import type { Diagnostic } from "../../../diagnostics/types.ts";
import type { PlanAst } from "../../ast.ts";
import type { RawEntry } from "../entries.ts";

export type Rule = (entries: readonly RawEntry[], ast: PlanAst) => readonly Diagnostic[];
