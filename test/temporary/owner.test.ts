/**
 * @file Whether a process named on disk has ended: running ones, ended ones, reused ids, other machines.
 */
import { expect, test } from "vitest";
import { isGone, ownerToken, TOKEN } from "../../compiler/temporary/owner.ts";
import { temporaryFolder } from "../support/files.ts";
import { folders, killed, ran, started } from "./support.ts";

const [place = "", pid = "", start = ""] = ownerToken().split("-");
const printing = `${folders} console.log(ownerToken());`;

test("this process is alive, and its name has the form", () => {
  expect(ownerToken()).toMatch(new RegExp(`^${TOKEN}$`));
  expect(pid).toBe(String(process.pid));
  expect(isGone(ownerToken())).toBe(false);
});

test("a process that has ended is gone, one that runs is not", async () => {
  const temporary = await temporaryFolder();
  expect(isGone(ran(printing, temporary).stdout.trim())).toBe(true);
  const child = await started(`${printing} setInterval(() => undefined, 1000);`, temporary);
  const [, , itsStart = ""] = ran(`${folders} console.log(ownerToken());`, temporary).stdout.trim().split("-");
  expect(isGone(`${place}-${child.pid}-0`)).toBe(false);
  await killed(child, "SIGKILL");
  expect(isGone(`${place}-${child.pid}-0`)).toBe(true);
  expect(isGone(`${place}-${child.pid}-${itsStart}`)).toBe(true);
});

test.runIf(start !== "0")("an id that another process has now does not keep the first one alive", () => {
  expect(isGone(`${place}-${pid}-${Number(start) - 1}`)).toBe(true);
});

test("nothing is said of another machine or another boot", () => {
  const other = place === "00000000" ? "00000001" : "00000000";
  expect(isGone(`${other}-${pid}-${Number(start) - 1}`)).toBe(false);
  expect(isGone(`${other}-999999999-1`)).toBe(false);
});
