/**
 * @file Folder entries whose name identifies the process that made them: only real ones (no links) of this user. Knows no purpose.
 */
import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { TOKEN } from "./owner.ts";

export interface OwnedEntry {
  readonly path: string;
  readonly token: string;
}

/** Entries named `PREFIX`, a token, `-` and letters or digits; none where the folder cannot be read. */
export function ownedEntries(folder: string, prefix: string): readonly OwnedEntry[] {
  const form = new RegExp(`^(${TOKEN})-[A-Za-z0-9]+$`);
  return namesIn(folder).flatMap((name) => {
    const token = name.startsWith(prefix) ? form.exec(name.slice(prefix.length))?.[1] : undefined;
    const path = join(folder, name);
    return token !== undefined && isOurs(path) ? [{ path, token }] : [];
  });
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** A folder or a file of this user, and no link to one. */
function isOurs(path: string): boolean {
  try {
    const stat = lstatSync(path);
    const user = process.getuid?.();
    return (stat.isDirectory() || stat.isFile()) && (user === undefined || stat.uid === user);
  } catch {
    return false;
  }
}
