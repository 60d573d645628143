/**
 * @file The split side: a compiled program attached to its devices. Knows no message.
 */
import { ContextParallelError } from "../../../compiler/diagnostics/error.ts";
import type { OrtTensors } from "../../../ort/types.ts";
import type { CompiledProgram } from "../../../program/types.ts";
import { attach } from "../../../runtime/attach/attach.ts";
import { loadProgram } from "../../../runtime/load/load.ts";
import { fromOutputs, toFeeds } from "../../run/tensors.ts";
import type { Opened } from "./opened.ts";
import type { SplitSide } from "./protocol.ts";

/** Throws `ContextParallelError`. */
export async function programOf(folder: string): Promise<CompiledProgram> {
  const loaded = await loadProgram(folder);
  if (!loaded.ok) throw new ContextParallelError(loaded.diagnostics);
  return loaded.value;
}

/** Throws `ContextParallelError`. */
export async function openSplit({ program: folder, devices, backend }: SplitSide, feeds: OrtTensors): Promise<Opened> {
  const program = await programOf(folder);
  const session = await attach(program, { devices: devices ?? undefined, backend: backend ?? undefined });
  const given = toFeeds(feeds);
  return {
    backend: session.backend,
    notes: session.notes,
    run: async () => {
      const outputs = await session.run(given);
      return { outputs: fromOutputs(outputs), stats: session.lastRun };
    },
    close: session.release,
  };
}
