/**
 * @file Has V8 free what this thread no longer uses. Knows no rank.
 */
import { Session } from "node:inspector";

/** A thread that waits allocates nothing, and V8 would keep shared memory of gigabytes for it. Rejects where Node has no inspector. */
export async function collectGarbage(): Promise<void> {
  const session = new Session();
  session.connect();
  try {
    await new Promise<void>((resolve, reject) => {
      session.post("HeapProfiler.collectGarbage", (error) => (error === null ? resolve() : reject(error)));
    });
  } finally {
    session.disconnect();
  }
}
