/**
 * @file The documentation of the keys of the plan language, as the schema has it. Knows no protocol.
 */
import { definitions } from "../compiler/plan/schema/entry-schemas.ts";
import type { JsonSchema } from "../compiler/plan/schema/json-schema.ts";
import { reservedKeys } from "../compiler/plan/schema/reserved-keys.ts";

export type FieldPlace = "plan" | "input" | "output";

const SCHEMAS: Readonly<Record<FieldPlace, Readonly<Record<string, JsonSchema>>>> = {
  plan: reservedKeys,
  input: definitions["inputSpec"]?.properties ?? {},
  output: definitions["outputSpec"]?.properties ?? {},
};

/** Markdown; empty for a key that is none of the language. */
export function documentationOf(key: string, place: FieldPlace): string {
  const fields = SCHEMAS[place];
  return Object.hasOwn(fields, key) ? (fields[key]?.markdownDescription ?? "") : "";
}
