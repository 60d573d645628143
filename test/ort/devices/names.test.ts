/**
 * @file Names of devices: which are known, which take a number, and what is said of the others.
 */
import { expect, test } from "vitest";
import { checkNames, readDevice, takesTurns } from "../../../ort/devices/names.ts";
import { texts } from "../../support/fixtures.ts";

test.each([
  ["cpu", "cpu", null],
  ["webgpu", "webgpu", null],
  ["cuda", "cuda", null],
  ["cuda:1", "cuda", 1],
  ["tensorrt:0", "tensorrt", 0],
  ["dml:12", "dml", 12],
  ["coreml", "coreml", null],
])("%s is the provider %s, number %s", (text, name, number) => {
  expect(readDevice(text)).toMatchObject({ name, number });
  expect(checkNames([text])).toEqual([]);
});

test.each([
  ["webgpu:1", 'CP6571 the device "webgpu:1" has a number, but webgpu takes none: it has one adapter per process'],
  ["cpu:0", 'CP6571 the device "cpu:0" has a number, but cpu takes none: all cores are one device'],
  ["cuda:", 'CP6571 the device "cuda:" has no number from 0 to 9999 after its colon'],
  ["cuda:-1", 'CP6571 the device "cuda:-1" has no number from 0 to 9999 after its colon'],
  ["cuda:1:2", 'CP6571 the device "cuda:1:2" has no number from 0 to 9999 after its colon'],
  ["CPU", 'CP6570 there is no device "CPU"'],
  ["", 'CP6570 there is no device ""'],
  ["constructor", 'CP6570 there is no device "constructor"'],
])("%s is refused", (text, message) => {
  expect(texts(checkNames([text, text]))).toEqual([message]);
});

test("the likely name is suggested, and all are named", () => {
  const [wrong] = checkNames(["wbgpu:1"]);
  expect(wrong!.hint).toBe(
    'did you mean "webgpu"? Write one of cpu, webgpu, cuda, tensorrt, dml, coreml, by the name that onnxruntime-node has for it',
  );
});

test("only ranks on webgpu take turns", () => {
  const all = ["cpu", "webgpu", "cuda:0", "tensorrt", "dml:0", "coreml"];
  expect(all.filter(takesTurns)).toEqual(["webgpu"]);
});
