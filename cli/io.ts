/**
 * @file What a command can access of the outside world: two streams, whether they are a terminal, and the interrupt signal. Tests pass
 * their own; only main.ts knows the process.
 */

export interface Io {
  /** Starts to read standard input: `heard` gets its bytes, and `null` at its end. */
  readonly input: (heard: (chunk: Uint8Array | null) => void) => void;
  /** Standard output: results, or the one JSON document. */
  readonly out: (text: string) => void;
  /** Standard error: diagnostics and progress. */
  readonly err: (text: string) => void;
  readonly colors: boolean;
  /** Standard error is a terminal that can redraw a line. */
  readonly interactive: boolean;
  /** Columns of the terminal, or a default. */
  readonly columns: number;
  /** Columns of standard output; `null` where it is no terminal, and lines have any length. */
  readonly width: number | null;
  /** Aborts when the user interrupts. */
  readonly signal: AbortSignal;
  /**
   * Does the short work that puts a finished file or folder in its place. The process does not end meanwhile; once it is about to end, the
   * call never returns.
   */
  readonly commit: (path: string, work: () => void) => void;
}

/** What a command has of it. */
export interface CommandIo extends Io {
  /** Everything on standard input, up to `most` bytes and one; diagnostics then show its text. */
  readonly stdin: (most: number) => Promise<Uint8Array>;
}
