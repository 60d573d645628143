/**
 * @file Handler modules as URLs, from the text of a function.
 */

export function moduleUrl(source: string): string {
  return `data:text/javascript,${encodeURIComponent(`export default ${source}`)}`;
}
