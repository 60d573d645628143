/**
 * @file Names of modules and of list elements that clash, are missing or are half stripped: a plan binds to the value that it means, or to
 * none. Small graphs from a generator, with the right answer known from how they were made.
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bindPlan, canonicalise } from "../support/stages.ts";
import type { BoundPlan } from "../../compiler/bind/types.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import { tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import type { Graph, Node, Tensor } from "../../compiler/graph/types.ts";
import { readPlanValue } from "../../compiler/plan/read.ts";
import { valueOf } from "../support/fixtures.ts";

/** A list of blocks: where it is, and how many it has. */
interface List {
  readonly path: string;
  readonly blocks: number;
}

interface Form {
  readonly outer: readonly string[];
  readonly lists: readonly List[];
  /** Which nodes have a name with their module: all, none, or all but every second. */
  readonly traces: "all" | "none" | "half";
  /** How weights are named: in full, without the outer modules, all alike but for a number, or half of them so. */
  readonly weights: "full" | "inner" | "nameless" | "half";
  /** Whether all blocks read one weight. */
  readonly isTied: boolean;
}

interface Made {
  readonly graph: Graph;
  /** The value that enters each block, by its full path. */
  readonly states: ReadonlyMap<string, string>;
}

const joined = (...parts: readonly string[]): string => parts.filter((part) => part !== "").join(".");

/** Each block adds relu(x w + b) to x; lists come one after the other. */
function made({ outer, lists, traces, weights, isTied }: Form): Made {
  const nodes: Node[] = [];
  const constants = new Map<string, Tensor>();
  const states = new Map<string, string>();
  const root = outer.join(".");
  const add = (scope: string, op: string, inputs: readonly string[], output: string): string => {
    const isNamed = traces === "all" || (traces === "half" && nodes.length % 2 === 0);
    const segments = joined(root, scope)
      .replaceAll(/\.(\d+)/g, "#$1")
      .split(".")
      .filter((part) => part !== "");
    const path = segments.map((part) => `/${part.replaceAll("#", ".")}`).join("");
    const name = isNamed ? `${path}/${op}_${nodes.length}` : `n${nodes.length}`;
    nodes.push({ name, op, domain: "", inputs, outputs: [output], attributes: {}, metadata: {} });
    return output;
  };
  const weight = (scope: string, what: string, dims: readonly number[]): string => {
    const plain = joined(scope, what);
    const isNameless = weights === "nameless" || (weights === "half" && constants.size % 4 > 1);
    const tied = joined(lists[0]!.path, "0", "lin", what);
    const own = isTied ? tied : plain;
    const name = isNameless
      ? `w${isTied ? what.length : constants.size}`
      : weights === "inner"
        ? own
        : joined(root, own);
    const count = dims.reduce((a, b) => a * b, 1);
    constants.set(
      name,
      tensorFromNumbers(
        "float32",
        dims,
        Array.from({ length: count }, (_, i) => (i % 7) - 3),
      ),
    );
    return name;
  };
  let x = "input";
  for (const { path, blocks } of lists) {
    for (let i = 0; i < blocks; i++) {
      const block = joined(path, String(i));
      const lin = joined(block, "lin");
      states.set(joined(root, block), x);
      const product = add(lin, "MatMul", [x, weight(lin, "weight", [4, 4])], `p${nodes.length}`);
      const sum = add(lin, "Add", [product, weight(lin, "bias", [4])], `b${nodes.length}`);
      const act = add(joined(block, "act"), "Relu", [sum], `r${nodes.length}`);
      x = add(block, "Add", [x, act], `s${nodes.length}`);
    }
  }
  nodes.push({ name: "last", op: "Identity", domain: "", inputs: [x], outputs: ["y"], attributes: {}, metadata: {} });
  const type = { elem: "float32", dims: [1, "n", 4] } as const;
  const graph = {
    name: "",
    inputs: [{ name: "input", type }],
    outputs: [{ name: "y", type }],
    nodes,
    constants,
    types: new Map(),
  };
  return { graph, states };
}

interface Answer {
  readonly values: readonly (string | null)[];
  readonly errors: readonly string[];
}

async function boundIn(graph: Graph, plan: unknown): Promise<Answer> {
  const canonical = await canonicalise({ graph, opsets: { "": 18 } } as never);
  const result = bindPlan(valueOf(canonical), valueOf(await readPlanValue(plan as never)));
  const errors = result.diagnostics.filter(({ severity }: Diagnostic) => severity === "error").map(({ code }) => code);
  return { values: result.ok ? (result.value as BoundPlan).bindings.map(({ value }) => value) : [], errors };
}

const LISTS = ["blocks", "encoder.blocks", "decoder.blocks", "layers"] as const;
const forms = fc.record({
  outer: fc.constantFrom<readonly string[]>([], ["model"], ["wrapper", "model"], ["blocks"]),
  lists: fc
    .uniqueArray(fc.constantFrom(...LISTS), { minLength: 1, maxLength: 3 })
    .chain((paths) =>
      fc.tuple(...paths.map((path) => fc.record({ path: fc.constant(path), blocks: fc.integer({ min: 1, max: 3 }) }))),
    ),
  traces: fc.constantFrom<Form["traces"]>("all", "none", "half"),
  weights: fc.constantFrom<Form["weights"]>("full", "inner", "nameless", "half"),
  isTied: fc.boolean(),
});

/** A path as the plan writes it: in full, less some outer modules, or with another outer module around it. */
const spellings = fc.record({ drop: fc.nat({ max: 3 }), around: fc.constantFrom("", "model", "unet") });

function spelled(path: string, { drop, around }: { readonly drop: number; readonly around: string }): string {
  const parts = path.split(".");
  const most = parts.findIndex((part) => /^\d+$/.test(part)) - 1;
  return joined(around, ...parts.slice(Math.min(drop, Math.max(0, most))));
}

describe("names of modules", () => {
  test("lead to the block that they mean, or nowhere", async () => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(forms, spellings, fc.nat(), async (form, spelling, pick) => {
        const { graph, states } = made(form);
        const paths = [...states.keys()];
        const path = paths[pick % paths.length]!;
        const pattern = spelled(path, spelling);
        const { values, errors } = await boundIn(graph, { [pattern]: { hidden_states: { split_dim: 1 } } });
        const means = (full: string): boolean =>
          [full, pattern].every((a) => [full, pattern].every((b) => a.endsWith(b) || b.endsWith(a)));
        const meant = paths.filter(means).map((full) => states.get(full));
        for (const value of values) if (value !== null) expect(meant).toContain(value);
        if (errors.length === 0 && values.some((value) => value !== null)) found += 1;
      }),
      { numRuns: 150, seed: 7 },
    );
    // The generator must not only make graphs that are refused.
    expect(found).toBeGreaterThan(30);
  });

  test("of two lists under one name are refused where the plan leaves open which it means", async () => {
    const lists = [
      { path: "encoder.blocks", blocks: 1 },
      { path: "decoder.blocks", blocks: 1 },
    ];
    const { graph } = made({ outer: ["model"], lists, traces: "all", weights: "full", isTied: false });
    const spec = { hidden_states: { split_dim: 1 } };
    expect((await boundIn(graph, { "blocks.0": spec })).errors).toEqual(["CP3001"]);
    expect((await boundIn(graph, { "decoder.blocks.0": spec })).errors).toEqual([]);
  });
});

describe("elements of lists", () => {
  /** The block reads all inputs of the model, in the given order. */
  function reading(names: readonly string[]): Graph {
    const type = { elem: "float32", dims: [1, "n", 4] } as const;
    const nodes = names.map((name, i): Node => {
      const inputs = [i === 0 ? name : `t${i - 1}`, name];
      return {
        name: `/block/Add_${i}`,
        op: "Add",
        domain: "",
        inputs,
        outputs: [`t${i}`],
        attributes: {},
        metadata: {},
      };
    });
    const output = `t${names.length - 1}`;
    return {
      name: "",
      inputs: names.map((name) => ({ name, type })),
      outputs: [{ name: output, type }],
      nodes,
      constants: new Map(),
      types: new Map(),
    };
  }
  const spec = { split_dim: 1 };

  test("are those of their numbers, or an error", async () => {
    const names = fc.uniqueArray(
      fc.constantFrom("rope_0", "rope_1", "rope_2", "rope.0", "rope", "rope_00", "ropes_0"),
      {
        minLength: 1,
      },
    );
    await fc.assert(
      fc.asyncProperty(
        names,
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom("", "block"),
        async (inputs, count, module) => {
          const specs = Array.from({ length: count }, () => spec);
          const { values, errors } = await boundIn(reading(inputs), { [module]: { rope: specs } });
          if (errors.length > 0) return;
          // An input of the very name is no list, but may be a list of one.
          const own = (i: number): readonly string[] =>
            inputs.includes("rope") ? (count === 1 ? ["rope"] : []) : [`rope_${i}`, `rope.${i}`];
          for (const [i, value] of values.entries()) if (value !== null) expect(own(i)).toContain(value);
          expect(new Set(values.filter((value) => value !== null)).size).toBe(
            values.filter((value) => value !== null).length,
          );
        },
      ),
      { numRuns: 150, seed: 3 },
    );
  });

  test("are found at the root and at a module", async () => {
    for (const module of ["", "block"]) {
      const { values } = await boundIn(reading(["rope_1", "rope_0"]), { [module]: { rope: [spec, spec] } });
      expect(values).toEqual(["rope_0", "rope_1"]);
    }
  });
});
