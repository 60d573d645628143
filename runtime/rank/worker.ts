/**
 * @file Entry of a rank's worker thread. Nothing else: what a rank does is testable without a worker.
 */
import { parentPort, workerData } from "node:worker_threads";
import { serveRank } from "./serve.ts";

if (parentPort !== null) serveRank(parentPort, workerData);
