import { servingIn } from '../../domain/lanes.ts';
import { escapedMarkup } from '../../domain/markup.ts';
import type { Frame } from '../../domain/frame.ts';
import type { Standing } from '../../domain/ports/waiting-room.ts';
import type { KeptPlace } from './kept-place.ts';
import { textsOf, type PlainLanguage, type PlainTexts } from './texts.ts';

export interface PlainRoom {
  readonly eventId: string;
  readonly language: PlainLanguage;
  /** The tags that bring in the style sheets of the page with scripts. */
  readonly styles: string;
  readonly frame: Frame;
  readonly kept: KeptPlace | null;
  /** Null: not in the line, or nobody can tell now. */
  readonly standing: Standing | null;
}

const minutes = (standing: Standing, texts: PlainTexts): string =>
  standing.eta === null
    ? texts.unknown
    : `${Math.ceil(standing.eta.p50Seconds / 60)} – ${Math.ceil(standing.eta.p90Seconds / 60)}`;

const door = ({ eventId }: PlainRoom, texts: PlainTexts): string =>
  `<h1>${texts.title}</h1>
  <p class="lead">${texts.intro}</p>
  <form method="post" action="/e/${escapedMarkup(eventId)}"><button class="button primary big">${texts.join}</button></form>`;

const big = (count: number, words: string): string =>
  `<p class="ahead"><span class="ahead-number">${count}</span> <span class="ahead-words">${words}</span></p>`;

const fact = (name: string, value: string | number): string => `<div><dt>${name}</dt><dd>${value}</dd></div>`;

/** Until the draw nobody is in front of anybody, and the number that a fan has says nothing of the order. */
const undrawn = (standing: Standing, texts: PlainTexts): string =>
  `${big(standing.ahead + 1, texts.joined)}
  <p>${texts.undrawn}</p>
  <dl class="facts">${fact(texts.eta, minutes(standing, texts))}</dl>`;

const drawn = ({ frame }: PlainRoom, standing: Standing, texts: PlainTexts): string =>
  `${standing.ahead === 0 ? `<p class="lead">${texts.next}</p>` : big(standing.ahead, texts.ahead)}
  <dl class="facts">
    ${fact(texts.number, standing.number)}
    ${fact(texts.called, servingIn(frame, standing.lane))}
    ${fact(texts.eta, minutes(standing, texts))}
  </dl>`;

const waiting = (room: PlainRoom, standing: Standing, texts: PlainTexts): string =>
  `<h1>${texts.waiting}</h1>
  ${standing.drawn ? drawn(room, standing, texts) : undrawn(standing, texts)}
  <p>${texts.keep}: <strong class="code">${escapedMarkup(room.kept?.recoveryCode ?? '')}</strong></p>
  <p class="quiet small">${texts.intro}</p>`;

const turn = ({ eventId }: PlainRoom, texts: PlainTexts): string =>
  `<h1>${texts.turn}</h1>
  <p class="lead">${texts.turnText}</p>
  <p><a class="button primary" href="/e/${escapedMarkup(eventId)}">${texts.open}</a></p>`;

const said = (title: string, text: string): string => `<h1>${title}</h1><p class="lead">${text}</p>`;

const contentOf = (room: PlainRoom, texts: PlainTexts): string => {
  if (room.frame.phase === 'closed') return said(texts.title, texts.closed);
  if (room.kept === null) return door(room, texts);
  if (room.standing === null) return said(texts.waiting, texts.busy);
  switch (room.standing.state) {
    case 'waiting':
      return waiting(room, room.standing, texts);
    case 'called':
    case 'admitted':
      return turn(room, texts);
    default:
      return `${said(texts.title, texts.over)}${door(room, texts)}`;
  }
};

/** Whether there is news to wait for. */
export const isWaiting = ({ frame, kept, standing }: PlainRoom): boolean =>
  frame.phase !== 'closed' && kept !== null && (standing === null || standing.state === 'waiting');

/** The waiting room as one page that needs nothing but HTML. */
export const plainPage = (room: PlainRoom): string => {
  const texts = textsOf(room.language);
  return `<!doctype html>
<html lang="${room.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${texts.title} · Catraca</title>
${room.styles}
</head>
<body><div class="fan"><header class="top"><a class="wordmark" href="/">Catraca</a></header>
<main><section class="stack loose narrow">
${contentOf(room, texts)}
</section></main></div></body>
</html>
`;
};
