/**
 * @file On which hosts ranks are, and what follows: who passes requests on, how many threads a rank has, which bytes cross hosts. Pure
 * functions. Knows no library.
 */

/** Cores that each process may use, and how many all processes of its control group may use at a time. */
export interface Cores {
  readonly host: string;
  readonly cores: readonly number[];
  readonly quota: number;
}

/** The ranks to which a rank passes what comes from rank 0: rank 0 to its own host and to one rank of each other host, that one to its host. */
export function passesTo(hosts: readonly string[], rank: number): readonly number[] {
  const firsts = new Set(hosts.map((host) => hosts.indexOf(host)));
  const host = hosts[rank];
  return hosts.flatMap((other, to) => {
    const sameHost = firsts.has(rank) && other === host && to !== rank;
    const otherHost = rank === 0 && other !== host && firsts.has(to);
    return sameHost || otherHost ? [to] : [];
  });
}

/**
 * Threads for each rank, at least one: a core that several ranks of a host may use counts to each in parts, and no host uses more than
 * its quota.
 */
export function threadsOf(ranks: readonly Cores[]): readonly number[] {
  return ranks.map(({ host, cores, quota }) => {
    const mates = ranks.filter((other) => other.host === host);
    const own = cores.reduce((sum, core) => sum + 1 / mates.filter((mate) => mate.cores.includes(core)).length, 0);
    // Parts such as three thirds must not fall below a whole one.
    return Math.max(1, Math.floor(Math.min(own, quota / mates.length) + 1e-9));
  });
}

/** Whether a rank has a core of its own, so that it may wait without sleeping. */
export function hasOwnCore(ranks: readonly Cores[], rank: number): boolean {
  const host = ranks[rank]?.host;
  return crowded(ranks).every((other) => other.host !== host);
}

/** Hosts with more ranks than cores. */
export function crowded(
  ranks: readonly Cores[],
): readonly { readonly host: string; readonly ranks: number; readonly cores: number }[] {
  return [...new Set(ranks.map(({ host }) => host))].flatMap((host) => {
    const mates = ranks.filter((other) => other.host === host);
    const cores = Math.min(
      new Set(mates.flatMap((mate) => mate.cores)).size,
      Math.max(...mates.map(({ quota }) => quota)),
    );
    return mates.length > cores ? [{ host, ranks: mates.length, cores }] : [];
  });
}

/** `a: 0, 1; b: 2, 3` */
export function placementText(hosts: readonly string[]): string {
  const ranksOn = (host: string): string => hosts.flatMap((other, rank) => (other === host ? [rank] : [])).join(", ");
  return [...new Set(hosts)].map((host) => `${host}: ${ranksOn(host)}`).join("; ");
}

/** The same number of ranks on each host, adjacent ranks together. */
export function adjacent(hosts: readonly string[]): readonly string[] {
  return [...new Set(hosts)].flatMap((host) => hosts.filter((other) => other === host));
}
