import { readFileSync } from 'node:fs';

/** The first parts of the paths that the shipped nginx hides from fans, read from its configuration. */
export const refusedByPath = (): readonly string[] => {
  const text = readFileSync('deploy/edge/nginx.conf.template', 'utf8');
  const names = /location ~ \^\/\(([^)]+)\)\(\/\|\$\) \{ return 404; \}/.exec(text)?.[1]?.split('|') ?? [];
  if (names.length < 4) throw new Error('the hidden paths were not found in the configuration');
  return names;
};
