/**
 * One part of an operator's path: the name as it was given. Only `/` (it parts the path) and `%` are escaped, so that two
 * names never share a path.
 */
export const pathSegment = (name: string): string => name.replaceAll(/[%/]/g, encodeURIComponent);

/**
 * A name nact accepts: it throws on anything outside `[a-z0-9-$_.+!*'(),]` (either case), which `:`, blanks and accents
 * are. The generation makes it new for each spawn: nact finds actors by name, so a reused one would hand what was meant
 * for the dead to the living.
 */
export const nactName = (name: string, generation: number): string => {
  const safe = name.replaceAll(
    /[^a-z0-9\-_.+!*'(),]/gi,
    (character) => `$${character.charCodeAt(0).toString(16)}`,
  );
  return `${safe}.${generation}`;
};
