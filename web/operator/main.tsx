import { render } from 'preact';
import '../shared/design/tokens.css';
import '../shared/design/base.css';
import '../shared/design/parts.css';
import './console.css';
import './live/live.css';
import './define/define.css';
import './engine/engine.css';
import { reloadOnNewRelease } from '../shared/new-release.ts';
import { AppealsScreen } from './appeals/appeals-screen.tsx';
import { AuditScreen } from './audit/audit-screen.tsx';
import { EditScreen } from './define/edit-screen.tsx';
import { SystemScreen } from './engine/system-screen.tsx';
import { EventsScreen } from './events/events-screen.tsx';
import { LanesScreen } from './lanes/lanes-screen.tsx';
import { LiveScreen } from './live/live-screen.tsx';
import { MoneyScreen } from './money/money-screen.tsx';
import { Link, pathTo, place } from './router.tsx';
import { Screen } from './screen.tsx';
import { resume, session } from './session.ts';
import { Shell } from './shell.tsx';
import { SignIn } from './sign-in.tsx';
import { start, t } from './texts.ts';

const Lost = () => (
  <Screen title={t('lost')}>
    <p>
      <Link to={pathTo.events}>{t('events')}</Link>
    </p>
  </Screen>
);

const Current = () => {
  if (session.value === null) return <SignIn />;
  const here = place.value;
  switch (here.screen) {
    case 'events':
      return <EventsScreen />;
    case 'live':
      return <LiveScreen key={here.eventId} eventId={here.eventId} />;
    case 'system':
      return <SystemScreen />;
    case 'money':
      return <MoneyScreen />;
    case 'audit':
      return <AuditScreen />;
    case 'appeals':
      return <AppealsScreen key={here.eventId} eventId={here.eventId} />;
    case 'lanes':
      return <LanesScreen key={here.eventId} eventId={here.eventId} />;
    case 'edit':
      return <EditScreen key={here.eventId} eventId={here.eventId} />;
    case 'create':
      return <EditScreen key="new" eventId={null} />;
    case 'lost':
      return <Lost />;
  }
};

reloadOnNewRelease();
await start();
await resume();
const page = document.querySelector('#page');
if (page !== null)
  render(
    <Shell>
      <Current />
    </Shell>,
    page,
  );
