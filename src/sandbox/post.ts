import http from 'node:http';
import https from 'node:https';

export interface Poster {
  /** The status that came back. Rejects if none came within `timeoutMs`. The answer's body is thrown away. */
  post(url: string, body: string, headers: Readonly<Record<string, string>>): Promise<number>;
  close(): void;
}

export interface PosterOptions {
  readonly maxSockets: number;
  readonly timeoutMs: number;
}

/** Posts JSON over connections that are kept open. `close` breaks off what is under way. */
export const createPoster = (options: PosterOptions): Poster => {
  const agents = {
    'http:': new http.Agent({ keepAlive: true, maxSockets: options.maxSockets }),
    'https:': new https.Agent({ keepAlive: true, maxSockets: options.maxSockets }),
  };
  const underWay = new Set<http.ClientRequest>();
  return {
    post: (target, body, headers) =>
      new Promise((resolve, reject) => {
        const url = new URL(target);
        const secure = url.protocol === 'https:';
        const request = (secure ? https : http).request(url, {
          method: 'POST',
          agent: agents[secure ? 'https:' : 'http:'],
          headers: {
            'content-type': 'application/json; charset=utf-8',
            'content-length': Buffer.byteLength(body),
            ...headers,
          },
        });
        // Over all of it: a receiver that trickles bytes would keep a socket's own idle timeout quiet for ever.
        const deadline = setTimeout(() => request.destroy(new Error('timed out')), options.timeoutMs);
        underWay.add(request);
        request.on('close', () => {
          clearTimeout(deadline);
          underWay.delete(request);
          reject(new Error('the connection was closed before the answer was whole'));
        });
        request.on('error', reject);
        request.on('response', (response) => {
          response.on('error', reject);
          response.on('end', () => resolve(response.statusCode ?? 0));
          response.resume();
        });
        request.end(body);
      }),
    close() {
      for (const request of underWay) request.destroy();
      agents['http:'].destroy();
      agents['https:'].destroy();
    },
  };
};
