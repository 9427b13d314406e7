import { later } from '../later/texts.ts';

interface Props {
  readonly eventId: string;
  readonly lanes: readonly { readonly id: string; readonly name: string }[];
  /** The lane whose draw is on the page. */
  readonly shown: string | undefined;
}

/** Each lane has a draw of its own: the way to every one of them. */
export const LaneLinks = ({ eventId, lanes, shown }: Props) => (
  <nav aria-label={later('verifyLanes')}>
    <ul class="row">
      {lanes.map(({ id, name }) => (
        <li key={id}>
          <a
            href={`/e/${eventId}/draw?lane=${encodeURIComponent(id)}`}
            aria-current={id === shown ? 'page' : undefined}
          >
            {name}
          </a>
        </li>
      ))}
    </ul>
  </nav>
);
