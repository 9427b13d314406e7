import { laterTexts } from '../later/texts.ts';
import { lazily } from '../router.tsx';
import type { Visit } from '../state/visit.ts';

/** What a person may set aside: docs/BOTS.md. Anything else no appeal can change. */
const APPEALABLE: ReadonlySet<string> = new Set(['proof_required', 'proof_invalid', 'rate_limited']);

const Appeal = lazily<{ readonly visit: Visit }>(async () => {
  const [{ Appeal: loaded }] = await Promise.all([import('../later/appeal.tsx'), laterTexts()]);
  return loaded;
});

/** The way on for a fan whom the line has just refused. Its code is loaded for those alone. */
export const Refused = ({ visit }: { readonly visit: Visit }) =>
  APPEALABLE.has(visit.problem.value?.code ?? '') ? <Appeal visit={visit} /> : null;
