import type { EventDocument } from '../../shared/documents.ts';
import { t } from '../texts.ts';

type Phase = EventDocument['phase'];

const SIGN: Readonly<Record<Phase, string>> = { pending: '◷', open: '▶', paused: '❚❚', closed: '■' };
const TONE: Readonly<Record<Phase, string>> = { pending: '', open: 'good', paused: 'care', closed: 'bad' };

export const PhaseTag = ({ phase }: { readonly phase: Phase }) => (
  <span class={`tag ${TONE[phase]}`}>
    <span aria-hidden="true">{SIGN[phase]}</span>
    {t(`phase_${phase}`)}
  </span>
);
