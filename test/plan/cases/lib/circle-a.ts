import { b } from "./circle-b.ts";
export const a = b;
export { loop } from "./circle-b.ts";
