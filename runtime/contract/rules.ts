/**
 * @file Rules for JSON: what a value must be, and where it is something else. A record's rule has a line for every field of its type, so
 * that a new field without a rule is a compile error. Knows no program.
 */

/** A value that breaks a rule: `steps[3].frees`, and what would have to be there. */
export interface Finding {
  readonly path: string;
  readonly expected: string;
}

/** What a value of type `T` must be. */
export interface Rule<T> {
  readonly expected: string;
  /** Findings of the value at `path`; of a list's elements, those of the first that has any. */
  readonly find: (value: unknown, path: string) => readonly Finding[];
  /** Only carries the type. */
  readonly type?: T;
}

/** One rule per field; that of an optional field must allow for nothing. */
export type Fields<T> = {
  readonly [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? Rule<T[K] | undefined> : Rule<T[K]>;
};

export function rule<T>(expected: string, holds: (value: unknown) => boolean): Rule<T> {
  return { expected, find: (value, path) => (holds(value) ? [] : [{ path, expected }]) };
}

export function oneOf<T extends string | number | boolean | null>(...values: readonly T[]): Rule<T> {
  const known = new Set<unknown>(values);
  return rule(values.map((value) => JSON.stringify(value)).join(" or "), (value) => known.has(value));
}

export function listOf<T>(
  element: Rule<T>,
  expected: string = "a list",
  longest: number = Infinity,
): Rule<readonly T[]> {
  return {
    expected,
    find: (value, path) => {
      if (!Array.isArray(value) || value.length > longest) return [{ path, expected }];
      return firstOf(value, (inner, at) => element.find(inner, `${path}[${at}]`));
    },
  };
}

/** An object as a dictionary. */
export function mapOf<T>(key: Rule<string>, element: Rule<T>): Rule<Readonly<Record<string, T>>> {
  const expected = "an object";
  return {
    expected,
    find: (value, path) => {
      if (!isRecord(value)) return [{ path, expected }];
      return firstOf(Object.entries(value), ([name, inner]) => {
        const at = `${path}[${JSON.stringify(name.slice(0, 80))}]`;
        const wrong = key.find(name, at);
        return wrong.length > 0
          ? [{ path, expected: `an object whose keys are ${key.expected}` }]
          : element.find(inner, at);
      });
    },
  };
}

/** An object with these fields, and any others: a later minor version may have more. */
export function record<T extends object>(fields: Fields<T>, expected: string = "an object"): Rule<T> {
  const rules = Object.entries(fields) as readonly (readonly [string, Rule<unknown>])[];
  return {
    expected,
    find: (value, path) => {
      if (!isRecord(value)) return [{ path, expected }];
      const prefix = path === "" ? "" : `${path}.`;
      return rules.flatMap(([name, inner]) =>
        inner.find(Object.hasOwn(value, name) ? value[name] : undefined, `${prefix}${name}`),
      );
    },
  };
}

export function nullable<T>(inner: Rule<T>): Rule<T | null> {
  return orElse(null, "null", inner);
}

export function optional<T>(inner: Rule<T>): Rule<T | undefined> {
  return orElse(undefined, "nothing", inner);
}

function orElse<T, E>(other: E, name: string, inner: Rule<T>): Rule<T | E> {
  return {
    expected: `${inner.expected} or ${name}`,
    find: (value, path) => (value === other ? [] : inner.find(value, path)),
  };
}

/** Objects that their field `kind` tells apart. */
export function byKind<T extends { readonly kind: string }>(kinds: {
  readonly [K in T["kind"]]: Rule<Extract<T, { readonly kind: K }>>;
}): Rule<T> {
  const rules = new Map<unknown, Rule<unknown>>(Object.entries(kinds));
  const expected = `an object of the kind ${[...rules.keys()].join(", ")}`;
  return {
    expected,
    find: (value, path) => {
      const found = isRecord(value) ? rules.get(value["kind"]) : undefined;
      return found === undefined ? [{ path, expected }] : found.find(value, path);
    },
  };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function firstOf<T>(values: readonly T[], find: (value: T, at: number) => readonly Finding[]): readonly Finding[] {
  for (const [at, value] of values.entries()) {
    const findings = find(value, at);
    if (findings.length > 0) return findings;
  }
  return [];
}
