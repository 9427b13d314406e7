import { render } from 'preact';
import '../shared/design/tokens.css';
import '../shared/design/base.css';
import '../shared/design/parts.css';
import './fan.css';
import './screens/screens.css';
import { reloadOnNewRelease } from '../shared/new-release.ts';
import { FanPage } from './fan-page.tsx';
import { followLinks } from './router.tsx';
import { start } from './texts.ts';

reloadOnNewRelease();
followLinks();
await start();
const page = document.querySelector('#page');
if (page !== null) render(<FanPage />, page);
