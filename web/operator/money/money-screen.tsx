import { Screen } from '../screen.tsx';
import { t } from '../texts.ts';
import { Balance } from './balance.tsx';
import { Reviews } from './reviews.tsx';

export const MoneyScreen = () => (
  <Screen title={t('money')}>
    <div class="stack loose">
      <Balance />
      <Reviews />
    </div>
  </Screen>
);
