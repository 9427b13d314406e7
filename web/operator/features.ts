import { signal } from '@preact/signals';

const known = signal<ReadonlySet<string> | null>(null);

/** Reads once what this server can do. During a rolling release, or behind an older node, a route may be missing. */
export const learnFeatures = async (): Promise<void> => {
  try {
    const response = await fetch('/openapi.json', { signal: AbortSignal.timeout(8_000) });
    const { paths } = (await response.json()) as { readonly paths: Readonly<Record<string, object>> };
    known.value = new Set(
      Object.entries(paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method} ${path}`),
      ),
    );
  } catch {
    // Nothing is offered that may not be there; the next sign-in asks again.
  }
};

/** Whether the server has this route, `post /v1/…`. */
export const serves = (route: string): boolean => known.value?.has(route) === true;
