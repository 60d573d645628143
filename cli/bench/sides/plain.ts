/**
 * @file The baseline: the unsplit model in one session with the settings of onnxruntime-node. Knows no message.
 */
import { join } from "node:path";
import type { OrtTensors } from "../../../ort/types.ts";
import { plainSession } from "../../run/unsplit.ts";
import type { Opened } from "./opened.ts";
import type { PlainSide } from "./protocol.ts";

/** Throws `OrtError`. */
export async function openPlain(side: PlainSide, feeds: OrtTensors): Promise<Opened> {
  const { model, threads, device, profile } = side;
  const settings = { threads, device, ...(profile === null ? {} : { profile: join(profile, "plain") }) };
  const session = await plainSession(model, settings);
  return {
    backend: null,
    notes: [],
    run: async () => ({ outputs: await session.run(feeds), stats: null }),
    close: session.release,
  };
}
