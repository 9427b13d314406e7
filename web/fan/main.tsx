import { render } from 'preact';
import '../shared/design/tokens.css';
import '../shared/design/base.css';
import '../shared/design/parts.css';
import './fan.css';
import { FanPage } from './fan-page.tsx';
import { reloadOnNewRelease } from '../shared/new-release.ts';
import { start, t } from './texts.ts';

reloadOnNewRelease();
await start();
document.title = `${t('title')} · Catraca`;
const page = document.querySelector('#page');
if (page !== null) render(<FanPage />, page);
