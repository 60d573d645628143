/**
 * @file Attaches one program, runs it once, and says which cores this process has and what the session notes.
 */
import { api, found, hashOf, order, programIn, rank } from "./job.mjs";
import { feedsIn } from "./feeds.mjs";
import { ownCores } from "../../../dist/runtime/cores.js";

const session = await api.attach(await programIn(order.program), { world: "mpi" });
const hash = hashOf(await session.run(rank === 0 ? await feedsIn(order.samples[0]) : {}));
found({ ...ownCores(), hash, notes: session.notes.map(({ code, message }) => `${code} ${message}`) });
await session.release();
