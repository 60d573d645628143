/**
 * @file All calls of a session in one job: each part of the order is done by all ranks, and leaves what this rank has seen under its name.
 */
import { api, failure, found, hashOf, order, programIn, rank } from "./job.mjs";
import { feedsIn } from "./feeds.mjs";

const program = await programIn(order.program);
const feeds = rank === 0 ? await Promise.all(order.samples.map(feedsIn)) : order.samples.map(() => ({}));
const [first, second] = feeds;
const start = (options = {}) => api.attach(program, { world: "mpi", ...options });
const session = await start();
const results = {};

const parts = {
  async whole() {
    const hash = hashOf(await session.run(first));
    const { steps, collectives } = session.lastRun;
    return { rank: session.rank, hash, times: steps[0].milliseconds.length, bytes: collectives[0].bytes.length };
  },
  async lengths() {
    const hashes = [];
    for (let i = 0; i < 3; i++) for (const one of [second, first]) hashes.push(hashOf(await session.run(one)));
    return hashes;
  },
  /** Of the ranks, only what rank 0 wants counts. */
  async fetches() {
    const outputs = await session.run(first, rank === 0 ? [order.output] : []);
    return { names: Object.keys(outputs), failed: await failure(() => session.run(first, ["nothing"])) };
  },
  /** What one rank refuses is refused on all. */
  async refused() {
    const failures = [];
    for (const by of [0, 1]) {
      const mine = rank === by;
      failures.push(await failure(() => session.run(first, mine ? { deadlineMs: -1 } : {})));
      failures.push(await failure(() => session.run(first, mine ? { signal: AbortSignal.abort() } : {})));
      const url = mine ? "hook.js" : order.handlers.doubles[rank];
      failures.push(await failure(() => session.hooks.register(order.module, "post_forward", url)));
    }
    failures.push(await failure(() => session.run({})));
    return { failures, after: hashOf(await session.run(first)) };
  },
  async preallocated() {
    const [output] = Object.values(await session.run(first));
    const own = { type: output.type, dims: output.dims, data: new output.data.constructor(output.data.length) };
    const given = await session.run(first, { [order.output]: own });
    return { same: given[order.output].data === own.data, equal: own.data.every((x, i) => x === output.data[i]) };
  },
  async handlers() {
    const remove = await session.hooks.register(order.module, "post_forward", order.handlers.doubles[rank]);
    const changed = hashOf(await session.run(first));
    await remove();
    return { changed, after: hashOf(await session.run(first)) };
  },
  async "other calls"() {
    const register = () => session.hooks.register(order.module, "post_forward", order.handlers.doubles[rank]);
    const failed = await failure(() => (rank === 0 ? session.run(first) : register()));
    return { failed, after: hashOf(await session.run(first)) };
  },
  /** A handler that waits makes the run last. */
  async limits() {
    const remove = await session.hooks.register(order.module, "post_forward", order.handlers.waits[rank]);
    const failures = [];
    for (const by of [0, 1]) {
      const signal = AbortSignal.timeout(200);
      failures.push(await failure(() => session.run(first, rank === by ? { signal } : {})));
    }
    failures.push(await failure(() => session.run(first, { deadlineMs: 200 })));
    failures.push(await failure(() => session.run(first, rank === 0 ? { deadlineMs: 200 } : {})));
    await remove();
    return { failures, after: hashOf(await session.run(first)) };
  },
  async shares() {
    const given = await start({ shares: order.shares });
    const hash = hashOf(await given.run(first));
    await given.release();
    const auto = await start({ shares: "auto" });
    const codes = auto.notes.map(({ code }) => code);
    const equal = Object.keys(await auto.run(first)).length > 0;
    await auto.release();
    return { given: given.shares, hash, auto: auto.shares, codes, equal };
  },
  async backend() {
    const other = await start({ backend: "binding" });
    const hash = hashOf(await other.run(first));
    await other.release();
    return { backend: other.backend, hash };
  },
  async sessions() {
    const others = [await start(), await start()];
    const all = [session, ...others, session];
    const hashes = (await Promise.all(all.map((one) => one.run(first)))).map(hashOf);
    for (const other of others) await other.release();
    return hashes;
  },
  async turns() {
    const hashes = new Set();
    for (let i = 0; i < order.turns; i++) {
      const other = await start();
      hashes.add(hashOf(await other.run(first)));
      await other.release();
    }
    return [...hashes];
  },
  async released() {
    await session.release();
    return failure(() => session.run(first));
  },
};

for (const [name, part] of Object.entries(parts)) {
  results[name] = await part();
  found(results);
}
