import { invalidRequest } from './errors.ts';

export interface FormObject {
  [name: string]: FormValue;
}
export type FormValue = string | FormObject;

/** Deeper or wider than anything Stripe's API takes: refused, so that nobody makes us build trees. */
const MAX_DEPTH = 4;
const MAX_FIELDS = 300;

const pathOf = (name: string): readonly string[] | null => {
  const match = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name);
  if (match?.[1] === undefined) return null;
  const inner = [...(match[2] ?? '').matchAll(/\[([^[\]]*)\]/g)].map((part) => part[1] ?? '');
  return inner.length < MAX_DEPTH ? [match[1], ...inner] : null;
};

const place = (root: FormObject, path: readonly string[], value: string): void => {
  let node = root;
  for (const [depth, raw] of path.entries()) {
    // `expand[]=a&expand[]=b` counts up; `expand[0]=a` says its index itself.
    const name = raw === '' ? String(Object.keys(node).length) : raw;
    if (depth === path.length - 1) {
      node[name] = value;
      return;
    }
    const child = node[name] ?? (node[name] = Object.create(null) as FormObject);
    if (typeof child === 'string') throw invalidRequest('Invalid form encoding.', undefined, path[0]);
    node = child;
  }
};

/**
 * Stripe's form encoding, of bodies and of queries: `a[b][0]=c`. Our own and not the body parser's, because that one
 * takes dots for nesting and would tear `metadata[order.id]` apart. Throws `ApiError` 400.
 */
export const parseForm = (text: string): FormObject => {
  const root = Object.create(null) as FormObject;
  let count = 0;
  for (const [name, value] of new URLSearchParams(text)) {
    count += 1;
    const path = pathOf(name);
    if (path === null || count > MAX_FIELDS) {
      throw invalidRequest('Invalid form encoding.', 'parameter_unknown', name.slice(0, 80));
    }
    place(root, path, value);
  }
  return root;
};
