/**
 * @file Largest resident set of a separate process that runs a program on the native backend. Linux only. Alone on a machine the
 * proportional set size is the same within 5 MiB; next to other processes of Node that share its pages it would be smaller by chance.
 */
import { spawnSync } from "node:child_process";
import { CHANNELS, type Elem } from "./model.ts";

/** Bytes, over three runs and the time before. The ranks may reach their peaks together in any of them. The caller's thread samples while the ranks compute. */
export function measuredMemory(program: string, tokens: number, elem: Elem = "float32"): number {
  const entry = JSON.stringify(new URL("../../../dist/index.js", import.meta.url).href);
  const script = `
    import { readFileSync } from "node:fs";
    const { attach, loadProgram } = await import(${entry});
    let peak = 0;
    const sample = () => {
      const [, kilobytes] = /^Rss:\\s+(\\d+) kB/m.exec(readFileSync("/proc/self/smaps_rollup", "utf8"));
      peak = Math.max(peak, Number(kilobytes) * 1024);
    };
    const sampling = setInterval(sample, 5);
    const loaded = await loadProgram(${JSON.stringify(program)});
    const session = await attach(loaded.value, { backend: "native" });
    const size = ${tokens * CHANNELS};
    // Bits of numbers from 1/16 to 1/2 in half precision.
    const bits = () => Uint16Array.from({ length: size }, (_, i) => 0x2c00 + (i % 0x1000));
    const data = ${JSON.stringify(elem)} === "float16" ? bits() : Float32Array.from({ length: size }, (_, i) => Math.sin(i));
    const feeds = { hidden_states: { type: ${JSON.stringify(elem)}, dims: [1, ${tokens}, ${CHANNELS}], data } };
    for (let run = 0; run < 3; run++) await session.run(feeds);
    sample();
    clearInterval(sampling);
    console.log(peak);
    await session.release();`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
    timeout: 100_000,
  });
  if (!/^\d+\n$/.test(stdout)) throw new Error(`${stdout}${stderr}`);
  return Number(stdout);
}
