import { Screen } from '../screen.tsx';
import { t } from '../texts.ts';
import { Actors } from './actors.tsx';
import { ParkedMessages } from './parked.tsx';
import { Parts } from './parts.tsx';

/** The engineer's view: what the node stands on, who lives in it, and what got stuck. */
export const SystemScreen = () => (
  <Screen title={t('system')}>
    <div class="stack loose">
      <Parts />
      <Actors />
      <ParkedMessages />
    </div>
  </Screen>
);
