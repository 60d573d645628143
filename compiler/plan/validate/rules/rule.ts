/**
 * @file What a rule of the plan language is: one check over the entries, beyond what the schema can say.
 */
import type { Diagnostic } from "../../../diagnostics/types.ts";
import type { PlanAst } from "../../ast.ts";
import type { RawEntry } from "../entries.ts";

export type Rule = (entries: readonly RawEntry[], ast: PlanAst) => readonly Diagnostic[];
