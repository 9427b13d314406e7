import type { DrawBundle } from './bundle.ts';
import { verify } from './verification.ts';

export interface Task {
  readonly bundle: DrawBundle;
  readonly indices: readonly number[];
}

/** A million links take seconds: here they take them from nobody. */
self.addEventListener('message', ({ data }: MessageEvent<Task>) => {
  self.postMessage(verify(data.bundle, data.indices), { transfer: [] });
});
