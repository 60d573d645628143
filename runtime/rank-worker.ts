/**
 * @file Entry of a rank's worker thread, also of one inside a bundle. Nothing else: what a rank does is testable without a worker.
 */
import { parentPort } from "node:worker_threads";
import { serveThread } from "./rank/serve.ts";

if (parentPort !== null) serveThread(parentPort);
