import type { Cluster, Redis } from 'ioredis';
import type { Clock } from '../../domain/ports/environment.ts';

/**
 * So long a change of masters counts as an outage. Every node looks four times a second, so all of them see it in this time, give
 * the line to Postgres together, and start a new term when it is over.
 */
const CHANGED_MS = 2_000;

/** Who answers for the data now. Rejects when one of them does not, is no master, or does not cover all slots. */
const mastersOf = async (redis: Redis | Cluster): Promise<string> => {
  const masters = 'nodes' in redis ? redis.nodes('master') : [redis];
  if (masters.length === 0) throw new Error('no master is known');
  const lives = await Promise.all(
    masters.map(async (master) => {
      const [replication, cluster] = await Promise.all([
        master.info('replication'),
        'nodes' in redis ? master.cluster('INFO') : 'cluster_state:ok',
      ]);
      if (!replication.includes('role:master')) throw new Error('who answers is no master');
      if (!cluster.includes('cluster_state:ok')) throw new Error('the cluster does not cover all slots');
      // It stays for as long as a master lives as one: a promoted replica and a restarted master have another.
      return /master_replid:(\w+)/.exec(replication)?.[1] ?? '';
    }),
  );
  return lives.toSorted((a, b) => a.localeCompare(b)).join(' ');
};

/**
 * A look at an installation that promotes replicas by itself (Cluster, Sentinel). Replication is asynchronous, so a promoted
 * replica may lack what its master has acknowledged last: counters of a line would fall. Rejects for two seconds after
 * the masters have changed, so that nobody takes the promoted one for its predecessor: lines are set from their journal.
 */
export const createFailoverProbe = (
  clients: readonly (Redis | Cluster)[],
  clock: Pick<Clock, 'nowMs'>,
): (() => Promise<void>) => {
  let known: string | null = null;
  let changedMs = Number.NEGATIVE_INFINITY;
  return async () => {
    const [first, ...others] = await Promise.all(clients.map(mastersOf));
    if (first === undefined || others.some((one) => one !== first))
      throw new Error('the connections lead to different masters');
    if (known !== null && known !== first) changedMs = clock.nowMs();
    known = first;
    if (clock.nowMs() - changedMs < CHANGED_MS) throw new Error('another master has taken over');
  };
};
