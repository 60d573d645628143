/**
 * @file A world of ranks in one thread, for tests.
 */
export { localWorlds } from "../../../runtime/world/local.ts";
