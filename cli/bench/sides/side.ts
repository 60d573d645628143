/**
 * @file Entry of the process of a side: which session each kind of side makes. Serves no request itself.
 */
import { openPlain } from "./plain.ts";
import { openProfiled } from "./profiled.ts";
import { serveSide } from "./serve.ts";
import { openSplit } from "./split.ts";

serveSide((config, feeds) => {
  if (config.kind === "plain") return openPlain(config, feeds);
  const { profile } = config;
  return profile === null ? openSplit(config, feeds) : openProfiled({ ...config, profile }, feeds);
});
