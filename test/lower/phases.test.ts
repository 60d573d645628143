/**
 * @file Where steps are placed: pieces end at collectives, attention is separate, work waits for its reader unless that costs memory.
 */
import { describe, expect, test } from "vitest";
import { float, int } from "../../compiler/graph/attributes.ts";
import type { AttentionSite, ShardedGraph, Purpose } from "../../compiler/shard/types.ts";
import { builder, lowered, weight } from "./build.ts";
import type { Builder, Value } from "./build.ts";

const mesh = { batch_degree: 1, ring_degree: 2, ulysses_degree: 1 };

/** What each piece computes, by the names of its outputs, and the collectives between. */
function story(sharded: ShardedGraph): readonly string[] {
  return lowered(sharded, "/models").program.steps.map((step) => {
    if (step.kind === "piece") return `${step.piece}: ${Object.values(step.outputs).join(" ")}`;
    if (step.kind === "hook") return `hook ${step.result}`;
    return `${step.purpose}: ${step.transfers.map(({ send }) => send.join(" ")).join(", ")}`;
  });
}

function gather(b: Builder, name: string, purpose: Purpose = "gather", site?: string): string {
  const receive = [0, 1].map((rank) => b.shape(`${name}.${rank}`, ["S", 8]));
  const transfers = [{ send: [name], receive, elem: "float32" as const, dims: ["S", 8] }];
  b.collective({ collective: "all-gather", group: "sequence", transfers, purpose }, site === undefined ? {} : { site });
  const more = { attributes: { axis: int(0) }, ...(site === undefined ? {} : { site }) };
  return b.local("Concat", receive, [[`${name}.all`, [["*", 2, "S"], 8]]], more)[0]!;
}

function unary(b: Builder, from: string, to: string, columns = 8): string {
  if (columns === 8) return b.local("Relu", [from], [[to, ["S", 8]]])[0]!;
  const w = b.constant(`${to}.weight`, weight([8, columns], columns));
  return b.local("MatMul", [from, w], [[to, ["S", columns]]])[0]!;
}

describe("main pieces", () => {
  test("steps that nothing needs are gone, with their collectives", () => {
    const b = builder();
    b.input("x", ["S", 8]);
    gather(b, unary(b, "x", "unused"));
    unary(b, "x", "y");
    expect(story(b.build({ mesh }, ["y"]))).toEqual(["local0: y"]);
  });

  test("a block that nobody reads is freed by its collective, a whole transfer that nobody reads is not sent", () => {
    const b = builder();
    b.input("x", ["S", 8]);
    const [p, q] = ["p", "q"].map((name) => unary(b, "x", name));
    const transfers = [p!, q!].map((name) => ({
      send: [name],
      receive: [0, 1].map((rank) => b.shape(`${name}.${rank}`, ["S", 8])),
      elem: "float32" as const,
      dims: ["S", 8],
    }));
    b.collective({ collective: "all-gather", group: "sequence", transfers, purpose: "gather" });
    unary(b, "p.1", "y");
    const { steps } = lowered(b.build({ mesh }, ["y"]), "/models").program;
    expect(steps.map(({ frees }) => frees)).toEqual([["x"], ["p", "p.0"], ["p.1"]]);
    expect(steps[1]).toMatchObject({ kind: "collective", transfers: [{ send: ["p"] }] });
  });

  test("what is passed on unchanged needs no piece", () => {
    const b = builder();
    b.input("x", ["S", 8]);
    const block = (name: string, to: readonly string[]): void => {
      const receive = to.map((name) => b.shape(name, ["S", 8]));
      const transfers = [{ send: [name], receive, elem: "float32" as const, dims: ["S", 8] }];
      b.collective({ collective: "shift", group: "ring", transfers, purpose: "ring" });
    };
    block("x", ["once"]);
    block("once", ["twice"]);
    unary(b, "twice", "y");
    expect(story(b.build({ mesh }, ["y"]))).toEqual(["ring: x", "ring: once", "local0: y"]);
  });

  test("a projection waits for its late reader where its result is larger than its operand", () => {
    const b = builder();
    b.input("x", ["S", 8]);
    const h = unary(b, "x", "h");
    const wide = b.local("Relu", [unary(b, h, "wide", 32)], [["wide.relu", ["S", 32]]])[0]!;
    const all = gather(b, h);
    b.local("MatMul", [all, b.constant("w", weight([8, 32], 3))], [["all.wide", [["*", 2, "S"], 32]]]);
    b.local("Concat", [wide, "all.wide"], [["y", [["*", 3, "S"], 32]]], { attributes: { axis: int(0) } });
    expect(story(b.build({ mesh }, ["y"]))).toEqual(["local0: h", "gather: h", "local1: y"]);
  });

  test("and runs early where its result is smaller and it alone keeps the operand", () => {
    const b = builder();
    b.input("x", ["S", 8]);
    const all = gather(b, unary(b, "x", "h"));
    const small = unary(b, all, "small", 2);
    const again = gather(b, unary(b, all, "r"));
    b.local("Concat", [small, unary(b, again, "r.small", 2)], [["y", [["*", 6, "S"], 2]]], {
      attributes: { axis: int(0) },
    });
    expect(story(b.build({ mesh }, ["y"]))).toEqual([
      "local0: h",
      "gather: h",
      "local1: small r",
      "gather: r",
      "local2: y",
    ]);
  });

  test("an output that is a constant, or sent as one, is copied by a piece", () => {
    const b = builder();
    b.constant("c", weight([2, 8], 1));
    gather(b, "c");
    expect(story(b.build({ mesh }, ["c", "c.all"]))).toEqual(["local0: c", "gather: c", "local1: c.all"]);
  });
});

describe("attention", () => {
  const heads: Value[1] = [1, "S", 1, 8];
  const site = (node: string): AttentionSite => ({ node, module: node, scheme: "ring", entry: null });

  function ringSite(b: Builder, q: string, kv: string, node: string): string {
    const all = gather(b, kv, "ring", node);
    const rows = b.ints(`${node}.rows`, [1, -1, 1, 8]);
    const [keys] = b.local("Reshape", [all, rows], [[`${node}.keys`, [1, ["*", 2, "S"], 1, 8]]], { site: node });
    const attributes = { scale: float(1) };
    return b.local("Attention", [q, keys!, keys!], [[`${node}.out`, heads]], {
      site: node,
      domain: "cp",
      attributes,
    })[0]!;
  }

  function fourAxes(b: Builder, from: string): string {
    return b.local("Reshape", [from, b.ints(`${from}.4d`, [1, -1, 1, 8])], [[`${from}.heads`, heads]])[0]!;
  }

  test("stands in a piece of its own also without a collective behind it, shared by its sites", () => {
    const b = builder();
    b.input("x", ["S", 8]);
    const first = ringSite(b, fourAxes(b, unary(b, "x", "q")), unary(b, "x", "kv"), "a");
    const flat = b.local("Reshape", [first, b.ints("flat", [-1, 8])], [["middle", ["S", 8]]])[0]!;
    const second = ringSite(b, fourAxes(b, unary(b, flat, "q2")), unary(b, flat, "kv2"), "b");
    b.local("Relu", [second], [["y", heads]]);
    expect(story(b.build({ mesh, attention: [site("a"), site("b")] }, ["y"]))).toEqual([
      "local0: q.heads kv",
      "ring: kv",
      "attention0: a.out",
      "local1: q2.heads kv2",
      "ring: kv2",
      "attention0: b.out",
      "local2: y",
    ]);
  });

  test("keys that are ready long before wait, so that their collective meets its queries", () => {
    const b = builder();
    b.input("x", ["S", 8]);
    b.input("text", ["S", 8]);
    const first = ringSite(b, fourAxes(b, unary(b, "x", "q")), unary(b, "x", "kv"), "a");
    const flat = b.local("Reshape", [first, b.ints("flat", [-1, 8])], [["middle", ["S", 8]]])[0]!;
    const second = ringSite(b, fourAxes(b, unary(b, flat, "q2")), unary(b, "text", "kv2"), "b");
    b.local("Relu", [second], [["y", heads]]);
    expect(story(b.build({ mesh, attention: [site("a"), site("b")] }, ["y"]))).toEqual([
      "local0: q.heads kv",
      "ring: kv",
      "attention0: a.out",
      "local1: q2.heads kv2",
      "ring: kv2",
      "attention0: b.out",
      "local2: y",
    ]);
  });

  test("a site without a scheme stays inside its piece", () => {
    const b = builder();
    b.input("x", ["S", 8]);
    const q = fourAxes(b, unary(b, "x", "q"));
    b.local("Attention", [q, q, q], [["out", heads]], { site: "a", domain: "cp", attributes: { scale: float(1) } });
    b.local("Relu", ["out"], [["y", heads]]);
    const sharded = b.build({ mesh, attention: [{ node: "a", module: "a", scheme: "local", entry: null }] }, ["y"]);
    expect(story(sharded)).toEqual(["local0: y"]);
    expect(lowered(sharded, "/models").program.hooks).toMatchObject([
      { action: "local", reads: ["q.heads"], writes: ["out"] },
    ]);
  });
});
