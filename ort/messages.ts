/**
 * @file Makes onnxruntime's error texts fit for a person: no source paths, no C++ signatures. Knows no session.
 */

/** One line, without what only onnxruntime's own developers can use. */
export function cleanMessage(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return withoutSources(text).replace(/\s+/g, " ").trim();
}

/** Drops every `path/file.cc:12 ns::function(arguments) const`. */
function withoutSources(text: string): string {
  const source = /\S*[\\/]\S+\.(?:cc|h|cpp|cu)(?::\d+)? /.exec(text);
  if (source === null) return text;
  const rest = text.slice(source.index + source[0].length);
  return text.slice(0, source.index) + withoutSources(rest.slice(signatureLength(rest)));
}

/** Length of the C++ signature that `text` begins with, to the end of its last bracket; 0 if there is none. */
function signatureLength(text: string): number {
  const open = /^[^\n(]*?[\w>~]\(/.exec(text);
  if (open === null) return 0;
  let depth = 1;
  let at = open[0].length;
  for (; at < text.length && depth > 0; at++) {
    if (text[at] === "(") depth++;
    if (text[at] === ")") depth--;
  }
  const tail = /^(?: const)?(?:::<lambda\([^)]*\)>)?(?: \[with [^\]]*\])? ?/.exec(text.slice(at));
  return at + (tail?.[0].length ?? 0);
}
