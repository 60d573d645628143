/**
 * @file Attaches a list of programs one after another, each rank the one that the order has for it, and says what fails. A rank without a
 * program in an attempt does not attach.
 */
import { api, failure, found, order, programIn, rank } from "./job.mjs";

if (order.exit?.rank === rank) process.exit(order.exit.code);
const failures = [];
for (const { programs, ...options } of order.attempts) {
  const path = programs[rank];
  const begun = performance.now();
  const attempt = async () => (await api.attach(await programIn(path), { world: "mpi", ...options })).release();
  const failed = path === null ? null : await failure(attempt);
  failures.push({ failed, milliseconds: performance.now() - begun });
  found(failures);
}
// A rank that does not take part is still there.
if (order.lingers?.rank === rank) await new Promise((resolve) => void setTimeout(resolve, order.lingers.milliseconds));
// The library may still be starting, which would keep this process.
else if (order.lingers !== undefined) process.exit(1);
