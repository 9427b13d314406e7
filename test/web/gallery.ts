import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { BrowserContextOptions, Page } from 'playwright-core';
import type { BrowserStage } from '../support/browser-stage.ts';
import { goOn } from '../support/fan.ts';
import { chooseSeats, comeInside } from './fan-stage.ts';

/** Every screen that a fan may see, and how to get there. Looked at by axe, and by whoever takes pictures. */
export interface Screen {
  readonly name: string;
  readonly options?: BrowserContextOptions;
  readonly open: (page: Page, events: GalleryEvents, url: string) => Promise<void>;
}

export interface GalleryEvents {
  readonly arena: string;
  readonly soon: string;
  readonly waiting: string;
  readonly soldOut: string;
  readonly closed: string;
  /** Asks for a proof of work at the join. */
  readonly guarded: string;
  /** Opens in some days, in lanes, for those who have `clubCode`. */
  readonly presale: string;
  readonly clubCode: string;
}

const DAY_MS = 86_400_000;
const SHOW_AT = new Date(Date.now() + 60 * DAY_MS).toISOString();

/** What people write who were refused. */
const APPEALS = [
  'We are forty people behind the address of one school.',
  'My telephone is from 2014 and never finishes the puzzle.',
];

const { draws } = JSON.parse(readFileSync('test/vectors/draw.json', 'utf8')) as {
  draws: readonly { draw: { entrants: number }; leaves: readonly string[]; receipts: readonly object[] }[];
};

const arena = JSON.parse(readFileSync('src/demo/arena.json', 'utf8')) as object;

/** An arena on sale, one that opens in some days, a line that stands, one sold out and one closed. */
export const createGalleryEvents = async ({ app }: Pick<BrowserStage, 'app'>): Promise<GalleryEvents> => {
  const still = { admission: { ratePerMinute: 0, insideMax: 1_000 } };
  const events = {
    arena: await app.createEvent({
      ...arena,
      admission: { ratePerMinute: 60_000, insideMax: 1_000 },
      showAt: SHOW_AT,
      doorsAt: new Date(Date.parse(SHOW_AT) - 5_400_000).toISOString(),
      address: 'Cais do Porto 1, Recife',
      refundsUntil: new Date(Date.parse(SHOW_AT) - 7 * DAY_MS).toISOString(),
    }),
    soon: await app.createEvent({
      ...arena,
      name: 'Festival do Porto',
      opensAt: new Date(Date.now() + 3 * DAY_MS - 3_600_000).toISOString(),
    }),
    waiting: await app.createEvent({ ...arena, name: 'Samba no Cais', ...still }),
    soldOut: await app.createEvent({
      name: 'Última Sessão',
      sections: [{ id: 'P', name: 'Pista', priceMinor: 9_000, capacity: 1 }],
    }),
    closed: await app.createEvent({ name: 'Roda de Choro' }),
    presale: await app.createEvent({
      ...arena,
      name: 'Encontro dos Tambores',
      opensAt: new Date(Date.now() + 2 * DAY_MS).toISOString(),
      lanes: [
        { id: 'club', name: 'Fã-clube Tambores', sharePercent: 70, access: 'code' },
        { id: 'accessible', name: 'Acessível', sharePercent: 30, access: 'code' },
      ],
    }),
    guarded: await app.createEvent({ ...arena, name: 'Baile da Aurora', joinProof: 'always', ...still }),
  };
  const order = { lane: 'club', usesMax: null, codes: ['TAMBORES-2030'] };
  await app.operator('POST', `/events/${events.presale}/codes`, order);
  for (let index = 0; index < 12; index += 1) await (await app.fan()).join(events.waiting);
  const buyer = await app.fan();
  await buyer.comeIn(events.soldOut);
  await buyer.tryHold(events.soldOut, { sectionId: 'P', quantity: 1 });
  for (const message of APPEALS)
    await (await app.fan()).ask('POST', `/v1/events/${events.arena}/line/appeals`, { body: { message } });
  await app.operator('POST', `/events/${events.closed}/phase`, { phase: 'closed' });
  return { ...events, clubCode: 'TAMBORES-2030' };
};

const title = (page: Page, name: string | RegExp): Promise<void> =>
  page.getByRole('heading', { level: 1, name }).waitFor();

const past = new Date(Date.now() - 60_000).toISOString();

/** Puts something into the browser's memory as if it had been there from an earlier visit. */
const remember = async (page: Page, key: string, value: unknown): Promise<void> => {
  await page.addInitScript(
    `localStorage.setItem('catraca.${key}', ${JSON.stringify(JSON.stringify(value))})`,
  );
};

/** A half-sold house: front rows first, always the same. */
const livelyHouse = async (page: Page): Promise<void> => {
  await page.route(/\/v1\/events\/[\w-]+\/seats$/, async (route) => {
    const response = await route.fetch();
    const body = (await response.json()) as { sections: { states: string | null }[] };
    let seed = 7;
    const chance = (): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    for (const section of body.sections) {
      const length = section.states?.length ?? 0;
      section.states =
        section.states
          ?.split('')
          .map((letter, index) => {
            const gone = chance() < 0.75 - (0.7 * index) / length;
            return letter === 'f' && gone ? (chance() < 0.25 ? 'h' : 's') : letter;
          })
          .join('') ?? null;
    }
    await route.fulfill({ response, json: body });
  });
};

/** An order as the server would tell it in a state that takes days, or luck, to come by. */
const showOrder = async (page: Page, url: string, eventId: string, change: object, search = '') => {
  const orderId = randomUUID();
  await page.route(new RegExp(`/v1/orders/${orderId}`), (route) =>
    route.fulfill({
      json: {
        orderId,
        eventId,
        status: 'awaiting_payment',
        amountMinor: 84_000,
        currency: 'BRL',
        checkoutUrl: `${url}/pay`,
        payBy: new Date(Date.now() + 540_000).toISOString(),
        seats: ['B-3-7', 'B-3-8'],
        tickets: [],
        ...change,
      },
    }),
  );
  await page.goto(`${url}/orders/${orderId}${search}`);
};

const order = (name: string, heading: string, change: object, search = ''): Screen => ({
  name,
  async open(page, events, url) {
    await showOrder(page, url, events.arena, change, search);
    await title(page, heading);
  },
});

const inside = async (page: Page, events: GalleryEvents, url: string): Promise<void> => {
  await livelyHouse(page);
  await comeInside(page, url, events.arena);
  await page.getByRole('button', { name: /^Plateia B/ }).waitFor();
};

const basket = async (page: Page, events: GalleryEvents, url: string): Promise<void> => {
  await inside(page, events, url);
  await page.getByRole('button', { name: /^Superior 1/ }).click();
  await page.getByRole('button', { name: 'Reserve 2 seats' }).click();
  await page.getByRole('heading', { name: 'Your reservation' }).waitFor();
};

/** A draw among three hundred, with the receipt of one of them in this browser. */
const drawn = async (page: Page, events: GalleryEvents, url: string): Promise<void> => {
  const vector = draws.at(-1);
  await page.route(/\/draw$/, (route) =>
    route.request().resourceType() === 'document' ? route.fallback() : route.fulfill({ json: vector?.draw }),
  );
  await page.route(/\/draw\/leaves/, (route) =>
    route.fulfill({ json: { from: 1, leaves: vector?.leaves, next: null } }),
  );
  await remember(page, `receipt.${events.soon}`, vector?.receipts[0]);
  await page.goto(`${url}/e/${events.soon}/draw`);
  await page.getByRole('button', { name: 'Check all 300 entries' }).click();
  await page.getByText('Nothing that was checked is wrong').first().waitFor();
  await page.getByRole('button', { name: 'Check all 300 entries' }).waitFor({ state: 'detached' });
  await page.evaluate('window.scrollTo(0, 0)');
};

const refused = async (page: Page, events: GalleryEvents, url: string): Promise<void> => {
  await page.route(/\/line\/puzzle/, (route) => route.fulfill({ status: 404, json: { code: 'not_found' } }));
  await page.goto(`${url}/e/${events.guarded}`);
  await page.getByRole('button', { name: 'Join the line' }).click();
  await page.getByRole('heading', { name: 'Ask a person' }).waitFor();
};

const broughtCode = async (page: Page, events: GalleryEvents, url: string): Promise<void> => {
  await page.goto(`${url}/e/${events.presale}?code=${events.clubCode}`);
  await page.getByRole('button', { name: 'Check my code' }).click();
  await page.getByText('Your code is good and kept for you').waitFor();
  await page.getByText('All is set.').waitFor();
};

const LANES: readonly Screen[] = [
  {
    name: 'code-wanted',
    async open(page, events, url) {
      await page.goto(`${url}/e/${events.presale}`);
      await page.getByText('One thing is still missing').waitFor();
      await page.getByLabel('Your access code').fill('TAMBOR');
      await page.getByRole('button', { name: 'Check my code' }).click();
      await page.getByText('This code is not of this event.').waitFor();
    },
  },
  { name: 'ready', open: broughtCode },
  {
    name: 'waiting-in-a-lane',
    async open(page, events, url) {
      await broughtCode(page, events, url);
      await page.getByRole('button', { name: 'Join the line' }).click();
      await page.getByText('Your lane: Fã-clube Tambores').waitFor();
    },
  },
];

const SALE: readonly Screen[] = [
  { name: 'verified-draw', open: drawn },
  { name: 'refused-at-the-door', open: refused },
  {
    name: 'events',
    async open(page, _events, url) {
      await page.goto(url);
      await page.getByRole('link', { name: /Samba no Cais/ }).waitFor();
    },
  },
  {
    name: 'before-the-opening',
    async open(page, events, url) {
      await page.goto(`${url}/e/${events.soon}`);
      await title(page, 'Festival do Porto');
    },
  },
  {
    name: 'door',
    async open(page, events, url) {
      await page.goto(`${url}/e/${events.arena}`);
      await title(page, 'Noite de Abertura');
    },
  },
  {
    name: 'waiting-room',
    async open(page, events, url) {
      await page.goto(`${url}/e/${events.waiting}`);
      await page.getByRole('button', { name: 'Join the line' }).click();
      await title(page, 'You are in the line');
      await page.locator('.ahead-number').waitFor();
    },
  },
  {
    name: 'have-code',
    async open(page, events, url) {
      await page.goto(`${url}/e/${events.waiting}`);
      await page.getByText('I have a recovery code').click();
      await page.getByLabel('Recovery code').fill('0001-AAAA-BBBB-CCCC');
      await page.getByRole('button', { name: 'Go on here' }).click();
      await page.getByText('This code is not of this line.').waitFor();
    },
  },
  {
    name: 'elsewhere',
    async open(page, events, url) {
      await page.goto(`${url}/e/${events.waiting}`);
      await page.getByRole('button', { name: 'Join the line' }).click();
      const code = await page.getByRole('group', { name: 'Recovery code' }).innerText();
      await goOn(url, events.waiting, code);
      await title(page, 'Your place goes on on another device');
    },
  },
  {
    name: 'your-turn',
    async open(page, events, url) {
      await page.route('**/admission', (route) =>
        route.fulfill({ status: 409, json: { code: 'not_called', detail: '' } }),
      );
      await page.goto(`${url}/e/${events.arena}`);
      await page.getByRole('button', { name: 'Join the line' }).click();
      await title(page, 'It is your turn!');
    },
  },
  { name: 'seat-map', open: inside },
  {
    name: 'section',
    async open(page, events, url) {
      await inside(page, events, url);
      await chooseSeats(page, 'Plateia B', '18', []);
      await page
        .getByRole('button', { name: /^Seat \d+, free$/ })
        .nth(5)
        .click();
      await page
        .getByRole('button', { name: /^Seat \d+, free$/ })
        .nth(5)
        .click();
      await page.getByText('2 seats chosen', { exact: true }).waitFor();
    },
  },
  { name: 'basket', open: basket },
  {
    name: 'reservation-lost',
    async open(page, events, url) {
      await remember(page, `holds.${events.arena}`, [
        { holdId: randomUUID(), seats: ['B-3-7'], amountMinor: 42_000, currency: 'BRL', expiresAt: past },
      ]);
      await inside(page, events, url);
      await page.getByRole('heading', { name: 'The reservation ran out' }).waitFor();
    },
  },
  {
    name: 'time-is-over',
    async open(page, events, url) {
      await remember(page, `pass.${events.arena}`, { pass: 'x', expiresAt: past });
      await page.goto(`${url}/e/${events.arena}`);
      await title(page, 'Your time inside has ended');
    },
  },
  {
    name: 'sold-out',
    async open(page, events, url) {
      await page.goto(`${url}/e/${events.soldOut}`);
      await title(page, 'Sold out');
    },
  },
  {
    name: 'closed',
    async open(page, events, url) {
      await page.goto(`${url}/e/${events.closed}`);
      await title(page, 'The sale has ended');
    },
  },
];

const ORDERS: readonly Screen[] = [
  order('to-be-paid', 'Still to be paid', {}),
  order('opening-the-payment', 'Opening the payment', { checkoutUrl: null }),
  order('declined', 'The card was declined', {}, '?back=1&redirect_status=failed'),
  order('payment-unknown', 'We have not heard of the payment yet', {}, '?back=1'),
  order('asking-the-bank', 'Asking the bank', {}, '?back=1&redirect_status=succeeded'),
  order('confirming', 'Confirming', { status: 'confirming' }),
  order('payment-failed', 'The payment was not made', { status: 'failed', reason: 'declined' }),
  order('cancelled', 'Order cancelled', { status: 'failed', reason: 'cancelled' }),
  order('time-to-pay-passed', 'The time to pay has passed', { status: 'expired' }),
  order('seats-lost', 'The seats were lost', { status: 'rejected', reason: 'seats_lost' }),
  order('refunded', 'Refunded', { status: 'refunded' }),
  order('given-back', 'Refunded', { status: 'refunded', reason: 'cancelled' }),
  order('in-review', 'We are looking into it', { status: 'rejected', ending: 'review' }),
  {
    name: 'tickets',
    async open(page, events, url) {
      await basket(page, events, url);
      await page.getByRole('button', { name: /^Pay R\$/ }).click();
      await page.getByLabel('Card number').fill('4242424242424242');
      await page.getByRole('button', { name: /^Pay/ }).click();
      await page.getByRole('link', { name: 'Back to the shop' }).click();
      await title(page, 'Your tickets are here!');
    },
  },
  {
    name: 'orders',
    async open(page, events, url) {
      const kept = { orderId: randomUUID(), eventId: events.arena, eventName: 'Noite de Abertura', at: past };
      await remember(page, 'orders', [kept]);
      await page.goto(`${url}/orders`);
      await title(page, 'My orders');
    },
  },
  {
    name: 'not-found',
    async open(page, _events, url) {
      await page.goto(`${url}/orders/${randomUUID()}`);
      await title(page, 'There is nothing at this address');
    },
  },
  {
    name: 'without-scripts',
    options: { javaScriptEnabled: false },
    async open(page, events, url) {
      await page.goto(`${url}/e/${events.waiting}?plain=1`);
      await page.getByRole('button', { name: 'Join the line' }).click();
      await title(page, 'You are in the line');
    },
  },
];

export const SCREENS: readonly Screen[] = [...LANES, ...SALE, ...ORDERS];
