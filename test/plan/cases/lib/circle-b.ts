import { a } from "./circle-a.ts";
export const b = a;
export { loop } from "./circle-a.ts";
