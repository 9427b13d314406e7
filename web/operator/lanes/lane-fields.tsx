import { ChoiceField, TextField } from '../fields.tsx';
import { t } from '../texts.ts';
import { sumOf, withLane, type Lane, type LaneDraft } from './lane-draft.ts';

interface Props {
  readonly lanes: readonly LaneDraft[];
  readonly locked: boolean;
  /** So many exist already: their places in the line say where people stand. */
  readonly fixedCount: number;
  readonly onChange: (lanes: readonly LaneDraft[]) => void;
}

const ACCESS = ['open', 'code'] as const satisfies readonly Lane['access'][];

const LaneRow = (props: {
  readonly lane: LaneDraft;
  readonly locked: boolean;
  readonly fixed: boolean;
  readonly onChange: (change: Partial<LaneDraft>) => void;
  readonly onRemove: () => void;
}) => {
  const { lane, locked, fixed, onChange, onRemove } = props;
  const id = (name: string): string => `lane-${name}-${lane.key}`;
  const named = lane.name === '' ? lane.id : lane.name;
  return (
    <fieldset class="section-fields">
      <legend>{t('laneNamed', { name: named })}</legend>
      <TextField
        id={id('id')}
        label={t('laneId')}
        required
        pattern="[a-z0-9][a-z0-9\-]{0,31}"
        value={lane.id}
        disabled={locked || fixed}
        onText={(text) => onChange({ id: text })}
      />
      <TextField
        id={id('name')}
        label={t('name')}
        required
        maxLength={100}
        value={lane.name}
        disabled={locked}
        onText={(name) => onChange({ name })}
      />
      <TextField
        id={id('share')}
        label={t('laneShare')}
        type="number"
        min={1}
        max={100}
        required
        value={lane.share}
        disabled={locked}
        onText={(share) => onChange({ share })}
      />
      <ChoiceField
        id={id('access')}
        label={t('laneAccess')}
        value={lane.access}
        disabled={locked}
        choices={ACCESS.map((one) => [one, t(`access_${one}`)] as const)}
        onChoice={(access) => onChange({ access })}
      />
      {fixed || locked ? null : (
        <div>
          <button class="button small plain" type="button" onClick={onRemove}>
            {t('laneRemove', { name: named })}
          </button>
        </div>
      )}
    </fieldset>
  );
};

/** The lanes of a line, in their order, and what their shares add up to. */
export const LaneFields = ({ lanes, locked, fixedCount, onChange }: Props) => {
  const sum = sumOf(lanes);
  return (
    <div class="stack">
      <p class="quiet">{t('lanesText')}</p>
      {lanes.length === 0 ? <p>{t('lanesNone')}</p> : null}
      {lanes.map((lane, index) => (
        <LaneRow
          key={lane.key}
          lane={lane}
          locked={locked}
          fixed={index < fixedCount}
          onChange={(change) =>
            onChange(lanes.map((one) => (one.key === lane.key ? { ...one, ...change } : one)))
          }
          onRemove={() => onChange(lanes.filter(({ key }) => key !== lane.key))}
        />
      ))}
      {lanes.length === 0 ? null : (
        <p role="status" class={sum === 100 ? 'quiet' : 'strong'}>
          {t(sum === 100 ? 'laneSum' : 'laneSumWrong', { sum: Number.isNaN(sum) ? '–' : sum })}
        </p>
      )}
      {locked ? null : (
        <div>
          <button class="button small" type="button" onClick={() => onChange(withLane(lanes))}>
            {t('laneAdd')}
          </button>
        </div>
      )}
    </div>
  );
};
