/** How one node answered when it was asked how it is. */
export interface Sample {
  readonly atMs: number;
  readonly node: string;
  readonly state: 'ready' | 'not_ready' | 'silent';
  /** Parts that the node says are down. */
  readonly down: readonly string[];
}

export interface Watch {
  /** Changes only: each says what holds until the next one of the same node. */
  readonly samples: readonly Sample[];
  stop(): Promise<void>;
}

const ASK_EVERY_MS = 100;
const ANSWER_WITHIN_MS = 3_000;

interface Readiness {
  readonly parts: readonly { readonly name: string; readonly state: string }[];
}

const ask = async (url: string): Promise<Pick<Sample, 'state' | 'down'>> => {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    const { parts } = (await response.json()) as Readiness;
    const down = parts.filter((part) => part.state === 'down').map((part) => part.name);
    return { state: response.status === 200 ? 'ready' : 'not_ready', down };
  } catch {
    return { state: 'silent', down: [] };
  }
};

/** Asks every node again and again how it is, until it is stopped. */
export const watchNodes = (
  nodes: readonly { readonly name: string; readonly url: string }[],
  nowMs: () => number,
): Watch => {
  const samples: Sample[] = [];
  const ended = new AbortController();
  const follow = async (node: { readonly name: string; readonly url: string }): Promise<void> => {
    let last = '';
    while (!ended.signal.aborted) {
      const seen = await ask(node.url);
      const now = JSON.stringify(seen);
      if (now !== last) samples.push({ atMs: nowMs(), node: node.name, ...seen });
      last = now;
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    }
  };
  const following = Promise.all(nodes.map(follow));
  return {
    samples,
    async stop() {
      ended.abort();
      await following;
    },
  };
};
