import { jittered, pause } from './api.ts';

/** With headers, which `EventSource` cannot send: so one reader serves public and personal streams. */
export interface StreamOptions<T> {
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly onMessage: (message: T) => void;
  /** Whether the stream stands; false as soon as it broke. */
  readonly onState?: (open: boolean) => void;
  /** The server has nothing more to say. Absent: an end is a break, and the stream is opened again. */
  readonly onEnd?: () => void;
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** The server sends a sign of life every 15 s; without one for so long the connection is dead, whatever the socket says. */
const SILENCE_MS = 40_000;

const readStream = async <T>(path: string, options: StreamOptions<T>, signal: AbortSignal) => {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const response = await fetch(path, {
      headers: {
        accept: 'text/event-stream',
        ...(options.token === undefined || options.token === null
          ? {}
          : { authorization: `Bearer ${options.token}` }),
        ...options.headers,
      },
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (!response.ok || response.body === null) return false;
    options.onState?.(true);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return true;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      text += value;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const data = block
          .split('\n')
          .filter((line) => line.startsWith('data:'))
          .map((line) => line.slice(5).trimStart())
          .join('\n');
        if (data !== '') options.onMessage(JSON.parse(data) as T);
      }
    }
  } finally {
    clearTimeout(timer);
  }
};

/** Reads server-sent events, and opens the stream again whenever it breaks, until the returned function is called. */
export const follow = <T>(path: string, options: StreamOptions<T>): (() => void) => {
  const abort = new AbortController();
  const run = async (): Promise<void> => {
    let waitMs = FIRST_WAIT_MS;
    while (!abort.signal.aborted) {
      let stood = false;
      try {
        stood = await readStream(path, options, abort.signal);
      } catch {
        // Broken off: the next try tells whether the server is back.
      }
      if (abort.signal.aborted) return;
      if (stood && options.onEnd !== undefined) {
        options.onEnd();
        return;
      }
      options.onState?.(false);
      waitMs = stood ? FIRST_WAIT_MS : Math.min(LONGEST_WAIT_MS, waitMs * 2);
      await pause(jittered(waitMs), abort.signal);
    }
  };
  void run();
  return () => abort.abort();
};
