/**
 * @file `advise` on the command line: the printed text, the JSON document against its schema, wrong usage, and lengths that are missing.
 */
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { main } from "../../cli/cli.ts";
import { shippedPlan } from "../support/compiled.ts";
import { fixture } from "../support/fixtures.ts";
import { capture } from "./capture.ts";
import { adviceSchema } from "../advise/schema.ts";

const plan = shippedPlan("flux");
const model = fixture("flux/flux-b.dynamo18-dynamic.onnx");
const shapes = ["hidden_states=2,35,16", "encoder_hidden_states=2,11,24", "img_ids=35,3", "txt_ids=11,3"];
const network = [
  "--bandwidth",
  "25GB/s",
  "--flops",
  "1TFLOP/s",
  "--devices-per-host",
  "1",
  "--host-bandwidth",
  "1.5GB/s",
];

async function run(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const io = capture();
  const code = await main(["advise", plan, "--model", model, ...args], io);
  return { code, out: io.stdout(), err: io.stderr() };
}

const fixed = shapes.flatMap((shape) => ["--shape", shape]);

test("prints the costs, a table for each number of devices, the mesh to take, and the impossible ones", async () => {
  const { code, out } = await run("--devices", "2", ...network, ...fixed);
  await expect(out).toMatchFileSnapshot("golden/advise.txt");
  expect(code).toBe(0);
});

test("the JSON document has the same and follows its schema", async () => {
  const { code, out } = await run("--devices", "1", ...network, ...fixed, "--format", "json");
  const { result, command, ok } = JSON.parse(out) as { result: unknown; command: string; ok: boolean };
  expect([code, command, ok]).toEqual([0, "advise", true]);
  const validate = new Ajv({ allErrors: true }).compile(adviceSchema);
  validate(result);
  expect(validate.errors).toBeNull();
});

const wrong = [
  "--devices 0",
  "--devices 2,,4",
  "--devices 2000",
  "--devices 2 --bandwidth 25",
  "--devices 2 --bandwidth 25Gb/s",
  "--devices 2 --bandwidth 0GB/s",
  "--devices 2 --bandwidth 1GB/s --flops 3GB/s",
  "--devices 2 --flops 300TFLOP/s",
  "--devices 2 --devices-per-host 0",
  "--devices 2 --devices-per-host 8",
  "--devices 2 --host-bandwidth 8GB/s",
  "--devices 2 --devices-per-host 8 --host-bandwidth 8GB/s",
  "--devices 2 --ring-degree 2",
  "",
];

test("wrong usage of each option says what to write", async () => {
  const texts: string[] = [];
  for (const args of wrong) {
    const { code, out, err } = await run(...args.split(" ").filter((word) => word !== ""));
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain("CP7001");
    texts.push(`onnx-cp advise PLAN ${args}`.trimEnd(), err);
  }
  await expect(texts.join("\n")).toMatchFileSnapshot("golden/advise-usage.txt");
});

test("lengths that no shape fixes are named, with the options that fix them", async () => {
  const { code, err } = await run("--devices", "2", "--shape", "hidden_states=2,35,16");
  expect(code).toBe(1);
  expect(err).toContain("CP7101");
  expect(err).toContain("--shape encoder_hidden_states=");
});

test("without rates this machine is measured, and the ranks share it", async () => {
  const { out } = await run("--devices", "1", ...fixed, "--format", "json");
  const { costs } = (JSON.parse(out) as { result: { costs: Record<string, unknown> } }).result;
  expect(costs).toMatchObject({ work: "measured", exchange: "measured", shared: true, hosts: null });
  for (const rate of ["products", "attention", "memory", "bandwidth", "latency"]) {
    expect(costs[rate]).toBeGreaterThan(0);
    expect(costs[rate]).toBeLessThan(1e15);
  }
});
