import { hash } from 'node:crypto';

/** JSON with members in name order, so that two spellings of one document are equal. `value` is what JSON can hold. */
export const canonicalJson = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const record = value as Record<string, unknown>;
  let members = '';
  for (const name of Object.keys(record).sort()) {
    if (record[name] === undefined) continue;
    members += `${members === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJson(record[name])}`;
  }
  return `{${members}}`;
};

/** SHA-256 of what a request asks for: method, route, parameters and body, not who asks nor how. */
export const fingerprintOf = (method: string, route: string, params: unknown, body: unknown): string =>
  // `hash` and not `createHash`: a hash object a request cost three times as much.
  hash('sha256', `${method}\n${route}\n${canonicalJson(params)}\n${canonicalJson(body)}`, 'base64url');

/**
 * The id of what `subject` creates with `key` on `route`: always the same, and of nobody else. A version 8 UUID (RFC 9562:
 * own contents) of SHA-256.
 */
export const deriveId = (subject: string, route: string, key: string): string => {
  const hex = hash('sha256', `${subject}\n${route}\n${key}`, 'hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};
