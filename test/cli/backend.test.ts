/**
 * @file `run` where the native backend does not load: it computes the same on the other one, and says so.
 */
import { afterEach, expect, test, vi } from "vitest";
import { main } from "../../cli/cli.ts";
import { BACKEND_VARIABLE } from "../../ort/process.ts";
import { capture } from "./capture.ts";

vi.mock("koffi", () => {
  throw new Error("no koffi here");
});
afterEach(() => vi.unstubAllEnvs());

const model = "test/fixtures/flux/flux.dynamo18-dynamic.onnx";
const inputs = "test/fixtures/flux/flux.img67-txt13.inputs.npz";
const argv = ["run", "plans/flux.plan.json", "--model", model, "--inputs", inputs, "--verify"];

test("without koffi a run is verified on the binding, and a note says why", async () => {
  vi.stubEnv(BACKEND_VARIABLE, "");
  const io = capture();
  expect(await main(argv, io)).toBe(0);
  expect(io.stdout()).toMatch(/^sample {2}float32 {2}\(1, 67, 16\) {2}agrees /m);
  expect(io.stderr()).toMatch(
    /^note CP6541: the backend "native" cannot be used here: .*; the session uses "binding"/m,
  );
});

test("asked for in the environment, it is an error of the call, not a fault", async () => {
  vi.stubEnv(BACKEND_VARIABLE, "native");
  const io = capture();
  expect(await main(argv, io)).toBe(1);
  expect(io.stderr()).toMatch(/^error CP6540: the backend "native" cannot be used here: /m);
});
