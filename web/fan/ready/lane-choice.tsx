import type { EventDocument } from '../../shared/documents.ts';
import type { Visit } from '../state/visit.ts';
import { readyText } from './texts.ts';

interface Props {
  readonly visit: Visit;
  readonly lanes: NonNullable<EventDocument['lanes']>;
}

/** Of several lanes that are open to everybody, the one to stand in; the first, where nothing is chosen. */
export const LaneChoice = ({ visit, lanes }: Props) => {
  const open = lanes.filter(({ access }) => access === 'open');
  if (open.length < 2) return null;
  const chosen = visit.lane.value ?? open[0]?.id;
  return (
    <fieldset class="lanes">
      <legend>{readyText('laneTitle')}</legend>
      <p class="small quiet">{readyText('laneText')}</p>
      {open.map(({ id, name }) => (
        <label key={id} class="lane">
          <input
            type="radio"
            name="lane"
            value={id}
            checked={chosen === id}
            onChange={() => (visit.lane.value = id)}
          />
          {name}
        </label>
      ))}
    </fieldset>
  );
};
