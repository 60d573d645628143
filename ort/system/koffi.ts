/**
 * @file Loads koffi, which calls C libraries, and libraries through it. koffi takes its settings only before its first library of a thread
 * is loaded, so that all who need it come here. Knows no function of a library.
 */
import { platform } from "node:os";
import type Koffi from "koffi";

export type Library = ReturnType<typeof Koffi.load>;

/** Calls run on stacks of koffi's; this is what a thread of the system has, since ONNX Runtime walks graphs by recursion. */
const STACK_BYTES = 8 * 2 ** 20;

/** `RTLD_NOW | RTLD_NODELETE` of the systems whose linker has them. */
const KEEP: Readonly<Partial<Record<NodeJS.Platform, number>>> = { linux: 0x1002, darwin: 0x82 };

let loading: Promise<typeof Koffi> | undefined;

/** Throws where the package is not installed, or has no build for this platform. */
export function loadKoffi(): Promise<typeof Koffi> {
  return (loading ??= load());
}

async function load(): Promise<typeof Koffi> {
  const { default: koffi } = await import("koffi");
  // All calls that run beside this thread are awaited one by one.
  koffi.config({ sync_stack_size: STACK_BYTES, async_stack_size: STACK_BYTES, resident_async_pools: 1 });
  return koffi;
}

/**
 * Loads a library that stays in the process until its end. koffi lets a library go when a thread of JavaScript ends, and native threads
 * that have called it run code of it after that, when they end: it must not be unmapped by then. `global`: whether libraries that
 * are loaded later see its symbols. Throws where it does not load.
 */
export function loadLibrary(koffi: typeof Koffi, file: string, global: boolean = false): Library {
  const library = koffi.load(file, { global });
  const flags = KEEP[platform()];
  if (flags !== undefined) koffi.load(null).func("void *dlopen(const char *, int)")(file, flags);
  return library;
}
