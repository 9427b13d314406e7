import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below 32,768, where Linux begins to number outgoing connections: a port that the system chooses lies among those, and between our
 * look and the bind of whoever is to listen there one of a thousand connections may take it (RabbitMQ: `eaddrinuse`).
 */
const [FIRST, LAST] = [16_000, 32_000];
const TRIES = 100;

/** No two callers of this process get the same, though neither has bound it yet. */
const given = new Set<number>();

/** Binds the port for a moment; zero lets the system choose. The port, or null when somebody has it. */
const tryPort = (port: number): Promise<number | null> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : null));
    });
  });

/**
 * A port of 127.0.0.1 where nobody listens, and that no outgoing connection takes before its server does.
 * @throws Error when the machine has none.
 */
export const freePort = async (): Promise<number> => {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const port = randomInt(FIRST, LAST);
    if (given.has(port)) continue;
    const found = await tryPort(port);
    if (found === null) continue;
    given.add(found);
    return found;
  }
  const anywhere = await tryPort(0);
  if (anywhere === null) throw new Error('This machine has no free port on 127.0.0.1');
  return anywhere;
};
