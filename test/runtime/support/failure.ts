/**
 * @file Asserts the one error that a call must end with.
 */
import { expect } from "vitest";
import { ContextParallelError } from "../../../compiler/diagnostics/error.ts";

export async function failure(call: Promise<unknown>): Promise<ContextParallelError> {
  const error = await call.then(
    () => "no error",
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(ContextParallelError);
  expect((error as ContextParallelError).diagnostics).toHaveLength(1);
  return error as ContextParallelError;
}
