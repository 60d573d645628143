/**
 * @file Loads koffi on this thread, the same way for everyone: its configuration must come before its first library. Knows no library.
 */
import type Koffi from "koffi";

/** Calls run on stacks of koffi's; this is what a thread of the system has, since ONNX Runtime walks graphs by recursion. */
const STACK_BYTES = 8 * 2 ** 20;

let loading: Promise<typeof Koffi> | undefined;

/** Throws an `Error` where the package, which is optional, does not load. */
export function loadKoffi(): Promise<typeof Koffi> {
  return (loading ??= load());
}

async function load(): Promise<typeof Koffi> {
  const { default: koffi } = await import("koffi");
  // All calls that run beside this thread are awaited one by one.
  koffi.config({ sync_stack_size: STACK_BYTES, async_stack_size: STACK_BYTES, resident_async_pools: 1 });
  return koffi;
}
