/**
 * @file Runs each program of the order one after another in one job, every sample twice, and hashes the outputs of this rank. Counts the bytes
 * on the link of this host where there is one.
 */
import { readFileSync } from "node:fs";
import { api, found, hashOf, order, programIn, rank } from "./job.mjs";
import { feedsIn } from "./feeds.mjs";

const { attach } = api;
const results = [];
for (const { program, samples } of order.cases) {
  const session = await attach(await programIn(program), { world: "mpi" });
  const runs = [];
  for (const sample of samples) {
    const feeds = rank === 0 ? await feedsIn(sample) : {};
    for (let i = 0; i < 2; i++) {
      const before = onLink();
      const hash = hashOf(await session.run(feeds));
      runs.push({ hash, link: onLink() - before, milliseconds: session.lastRun.milliseconds });
    }
  }
  results.push({ runs, codes: session.notes.map(({ code }) => code) });
  await session.release();
}
found(results);

/** Bytes of all interfaces of this host but the loop, both ways. */
function onLink() {
  const lines = readFileSync("/proc/net/dev", "utf8").split("\n").slice(2).filter(Boolean);
  return lines.reduce((sum, line) => {
    const [name, numbers] = line.trim().split(/:\s*/);
    const fields = numbers.split(/\s+/).map(Number);
    return name === "lo" ? sum : sum + fields[0] + fields[8];
  }, 0);
}
