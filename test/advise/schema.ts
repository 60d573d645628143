/**
 * @file The JSON Schema of what `advise` returns: every field is there, and no other.
 */
const number = { type: "number" } as const;
const count = { type: "integer", minimum: 0 } as const;
const list = (items: object) => ({ type: "array", items }) as const;
const object = (properties: Readonly<Record<string, object>>) =>
  ({ type: "object", properties, required: Object.keys(properties), additionalProperties: false }) as const;
const orNull = (schema: object) => ({ anyOf: [schema, { type: "null" }] }) as const;

const mesh = {
  batch_degree: count,
  ring_degree: count,
  ulysses_degree: count,
  rotate_method: { enum: ["allgather", "alltoall", null] },
} as const;

const attention = orNull({ type: "object", additionalProperties: { enum: ["gather", "ulysses", "ring", "unified"] } });

const advised = object({
  ...mesh,
  attention,
  sent: list(count),
  sent_between_hosts: list(count),
  collectives: count,
  memory: object({ rank: count, weights: count, unsized: count }),
  milliseconds: number,
  parts: object({ work: number, exchange_inside: number, exchange_between: number, waiting: number }),
  speedup: orNull(number),
});

export const adviceSchema: object = object({
  inputs: list(object({ name: { type: "string" }, elem: { type: "string" }, shape: list(count) })),
  costs: object({
    work: { enum: ["measured", "given"] },
    exchange: { enum: ["measured", "given"] },
    shared: { type: "boolean" },
    cores: count,
    products: number,
    attention: number,
    memory: number,
    latency: number,
    bandwidth: number,
    hosts: orNull(object({ devices: count, bandwidth: number })),
  }),
  single: orNull(advised),
  devices: list(
    object({
      devices: count,
      take: orNull(object({ ...mesh, attention, why: { type: "string" } })),
      meshes: list(advised),
      impossible: list(object({ ...mesh, code: { type: "string" }, reason: { type: "string" } })),
    }),
  ),
});
