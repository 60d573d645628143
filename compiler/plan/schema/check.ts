/**
 * @file Checks a value against one of our schemas with ajv and returns plain findings: which rule, where, which schema. The only file that
 * knows ajv; knows nothing of spans.
 */
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { editorKeywords, type JsonSchema } from "./json-schema.ts";

/** One violated keyword; `additionalProperties` for a key that is unknown or belongs elsewhere. `path` leads to the value, `key` is the unknown or missing property. */
export interface Finding {
  readonly keyword: string;
  readonly path: readonly string[];
  readonly key: string | null;
  /** The schema object that holds the keyword. */
  readonly schema: JsonSchema;
}

const compiled = new WeakMap<JsonSchema, ValidateFunction>();

export function checkSchema(value: unknown, schema: JsonSchema): readonly Finding[] {
  const validate = compiled.get(schema) ?? compile(schema);
  if (validate(value)) return [];
  const findings = (validate.errors ?? []).filter(isCause).map(toFinding);
  const seen = new Set<string>();
  return findings.filter(({ keyword, path, key }) => {
    const id = JSON.stringify([keyword, path, key]);
    return seen.has(id) ? false : seen.add(id);
  });
}

function compile(schema: JsonSchema): ValidateFunction {
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    ownProperties: true,
    allowMatchingProperties: true,
    strictTypes: false,
    strictTuples: false,
    allowUnionTypes: true,
    strictRequired: false,
  });
  ajv.addVocabulary([...editorKeywords]);
  const validate = ajv.compile(schema);
  compiled.set(schema, validate);
  return validate;
}

/** `if` repeats what its branch reports; what is wrong with a name, `propertyNames` reports for the object that has it. */
function isCause({ keyword, propertyName }: ErrorObject): boolean {
  return keyword !== "if" && propertyName === undefined;
}

function toFinding(error: ErrorObject): Finding {
  const params = error.params as Readonly<Record<string, unknown>>;
  const key = params["additionalProperty"] ?? params["missingProperty"] ?? params["propertyName"];
  return {
    keyword: error.keyword === "propertyNames" ? "additionalProperties" : error.keyword,
    path: error.instancePath.split("/").slice(1).map(unescapePointer),
    key: typeof key === "string" ? key : null,
    schema: (error.parentSchema ?? {}) as JsonSchema,
  };
}

function unescapePointer(segment: string): string {
  return segment.replaceAll("~1", "/").replaceAll("~0", "~");
}
