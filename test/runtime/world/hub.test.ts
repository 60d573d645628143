/**
 * @file The post of a process when the library fails. Knows no MPI.
 */
import { expect, test } from "vitest";
import { openHub } from "../../../runtime/world/mpi/hub.ts";
import type { Letter, Mail } from "../../../runtime/world/mpi/mail.ts";

const letter = (content: unknown): Letter => ({
  from: 1,
  content: { session: 0, content },
  payload: new SharedArrayBuffer(0),
});

function mailOf(poll: Mail["poll"]): Mail {
  return { send: () => undefined, poll, idle: () => true };
}

test("a library that fails is told to every open line, and nobody asks it again", async () => {
  let polls = 0;
  const hub = openHub(
    mailOf(() => {
      polls += 1;
      throw new Error("MPI_Iprobe failed with the code 15");
    }),
  );
  const told: unknown[] = [];
  const [open, closed] = [hub.open(0), hub.open(1)];
  open.onBroken((error) => told.push(error));
  closed.onBroken(() => told.push("closed"));
  closed.close();
  hub.look();
  await Promise.resolve();
  hub.look();
  hub.stop();
  expect(told).toEqual([new Error("MPI_Iprobe failed with the code 15")]);
  expect(polls).toBe(1);
});

test("silence counts from the last letter of a process, whatever its session", async () => {
  const letters: Letter[] = [];
  const hub = openHub(mailOf(() => letters.splice(0)));
  await new Promise((done) => void setTimeout(done, 40));
  const before = hub.silence(1);
  letters.push(letter("first"));
  hub.look();
  hub.stop();
  expect(before).toBeGreaterThan(30);
  expect(hub.silence(1)).toBeLessThan(before);
  expect(hub.silence(2)).toBeGreaterThanOrEqual(before);
});
