/**
 * @file The control block in one thread: abort, reset, and the race between native code and the driver.
 */
import { expect, test } from "vitest";
import { abort, createControl, meet, reset, throwIfAborted } from "../../runtime/world/threads/control.ts";
import { condemn, guardOf, isInside } from "../../runtime/world/threads/guard.ts";
import { threadWorld } from "../../runtime/world/threads/world.ts";
import { RunAborted } from "../../runtime/world/world.ts";

test("a barrier of one opens at once, and not after an abort", () => {
  const control = createControl(1);
  meet(control, 1, true);
  meet(control, 1, false);
  abort(control);
  expect(() => meet(control, 1, false)).toThrow(RunAborted);
  expect(() => throwIfAborted(control)).toThrow(RunAborted);
  reset(control);
  meet(control, 1, false);
});

test("a rank of an aborted world neither meets nor goes on", async () => {
  const control = createControl(2);
  const world = threadWorld({ rank: 0, size: 2, control, spin: true }, []);
  abort(control);
  await expect(world.barrier()).rejects.toThrow(RunAborted);
  expect(() => world.check()).toThrow(RunAborted);
});

test("a rank inside native code cannot be condemned; a condemned one does not enter it", async () => {
  const control = createControl(2);
  const guard = guardOf(control, 1);
  await guard(async () => {
    expect(condemn(control, 1)).toBe(false);
    expect(condemn(control, 0)).toBe(true);
  });
  await expect(guard(() => Promise.reject(new Error("piece")))).rejects.toThrow("piece");
  expect(condemn(control, 1)).toBe(true);
  expect(condemn(control, 1)).toBe(true);
  expect(() => guard(async () => "never")).toThrow(RunAborted);
});

test("guarded work inside guarded work ends with the outer one, also where it throws", async () => {
  const control = createControl(1);
  const guard = guardOf(control, 0);
  const outer = guard(async () => {
    expect(guard(() => 3)).toBe(3);
    await guard(async () => undefined);
    expect(() => guard(() => invalid())).toThrow("invalid");
    return isInside(control, 0);
  });
  expect(await outer).toBe(true);
  expect(isInside(control, 0)).toBe(false);
  expect(() => guard(() => invalid())).toThrow("invalid");
  expect(condemn(control, 0)).toBe(true);
});

function invalid(): never {
  throw new Error("invalid");
}
