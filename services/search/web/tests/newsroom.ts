// What the tests have in common: a page that is watched, copy that comes in, and axe.
import AxeBuilder from '@axe-core/playwright';
import { type APIRequestContext, test as base, expect, type Page } from '@playwright/test';

import type { Article, Found } from '../src/api/client';

export { expect };

/** How many articles of real copy there are from the start. */
export const articles = Number(process.env.COPYTASTER_PAGE_ARTICLES ?? 0);

export const test = base.extend<{ watched: undefined }>({
  // Whatever a page does that it may not fails its test: asking other hosts, breaking its
  // content policy, throwing.
  watched: [
    async ({ page, baseURL }, use) => {
      const faults: string[] = [];
      page.on('request', (r) => {
        if (!r.url().startsWith(`${baseURL}/`)) faults.push(`asked for ${r.url()}`);
      });
      page.on('pageerror', (e) => faults.push(`threw ${e.message}`));
      page.on('console', (m) => {
        // What the service refuses, and what a network lacks, is logged by the browser itself.
        if (
          m.type() === 'error' &&
          !/responded with a status of|ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED/.test(m.text())
        )
          faults.push(m.text());
      });
      page.on('dialog', (d) => {
        faults.push(`opened a dialog: ${d.message()}`);
        void d.dismiss();
      });
      await use(undefined);
      // What is still asked for when a test ends is answered nobody.
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      expect(faults, 'what the page may not do').toEqual([]);
    },
    { auto: true },
  ],
});

/** No violation of WCAG 2.2 AA that axe finds. */
export async function accessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`)).toEqual([]);
}

export const rows = (page: Page) => page.locator('.hits .hit:not(.blank)');

export const headlines = (page: Page) => page.locator('.hits .hit-headline');

/** Waits for a search to be there whole. */
export async function settled(page: Page): Promise<void> {
  await expect(page.locator('.list')).toHaveAttribute('aria-busy', 'false');
}

interface Item {
  id: string;
  version?: number;
  headline?: string;
  text?: string;
  html?: string;
  status?: 'usable' | 'withheld' | 'canceled';
  urgency?: number;
  language?: string;
  embargo?: Date;
}

/** Where copy is sent to, also in tests of a page that is elsewhere. */
const wire = process.env.COPYTASTER_PAGE ?? 'http://127.0.0.1:8800';

/** Sends an item of ninjs, as an agency would; gives its URI here. */
export async function send(request: APIRequestContext, item: Item): Promise<string> {
  const { id, version = 1, headline = '', text = headline, status = 'usable', html = `<p>${text}</p>` } = item;
  const { urgency, language, embargo } = item;
  const answer = await request.post(`${wire}/v1/articles?source=agency`, {
    headers: { 'Content-Type': 'application/json' },
    data: {
      standard: { name: 'ninjs', version: '3.0' },
      uri: `urn:test:${id}`,
      type: 'text',
      version: String(version),
      versionCreated: new Date(Date.UTC(2024, 4, 20, 12, version)).toISOString(),
      pubStatus: status,
      ...(urgency ? { urgency } : {}),
      ...(language ? { language } : {}),
      ...(embargo ? { embargoedUntil: embargo.toISOString() } : {}),
      ...(headline
        ? {
            headlines: [{ role: 'main', value: headline }],
            bodies: [{ contentType: 'text/html', value: html }],
          }
        : {}),
    },
  });
  expect(answer.status(), await answer.text()).toBe(202);
  return `urn:copytaster:agency:urn:test:${id}`;
}

/** Waits until a search finds so many articles. */
export async function found(request: APIRequestContext, q: string, n: number): Promise<void> {
  const count = async () => (await (await request.get(`${wire}/v1/articles?q=${q}&size=1`)).json()).total.value;
  await expect.poll(count, { timeout: 300_000 }).toBe(n);
}

/** What TestPage says of the services that it runs. */
export function given(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run these tests by TestPage`);
  return value;
}

/** Logs in by the form, as people do. */
export async function enter(page: Page, as: 'READER' | 'EDITOR' | 'OPERATOR' | 'PLANNER', to: string): Promise<void> {
  await page.goto('/login');
  await page.getByLabel('Your key').fill(given(`COPYTASTER_PAGE_${as}`));
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.locator('#q')).toBeVisible();
  await page.goto(to);
}

/** Has the service say in all that it tells that it is another time; its feed tells nothing else. */
export async function serviceAt(page: Page, time: () => Date): Promise<void> {
  const told = (kind: string) => `event: ${kind}\ndata: {"now":"${time().toISOString()}"}\n\n`;
  await page.route('**/v1/live?*', (route) =>
    route.fulfill({ contentType: 'text/event-stream', body: `retry: 600000\n${told('ready')}${told('current')}` }),
  );
  await page.route(/^[^?]*\/(v1\/(?!live)[^?]*)?(\?|$)/, async (route) => {
    const response = await route.fetch();
    const headers: Record<string, string> = { ...response.headers(), 'copytaster-now': time().toISOString() };
    delete headers['content-encoding'];
    delete headers['content-length'];
    const now = `&#34;now&#34;:&#34;${time().toISOString()}&#34;`;
    await route.fulfill({
      response,
      headers,
      body: (await response.text()).replace(/&#34;now&#34;:&#34;[^&]*&#34;/, now),
    });
  });
}

/** Sets the reader's clock off by so many milliseconds, from when the page is opened. */
export async function clockOff(page: Page, off: number): Promise<void> {
  await page.addInitScript((ms) => {
    const Own = Date;
    globalThis.Date = class extends Own {
      constructor(...at: []) {
        if (at.length > 0) super(...at);
        else super(Own.now() + ms);
      }
      static override now(): number {
        return Own.now() + ms;
      }
    } as unknown as DateConstructor;
  }, off);
}

let last = 0;

/** A word that no other text has. */
export function word(): string {
  const letters = 'bdfgklmnprstvz';
  let n = Date.now() * 100 + last++;
  let w = '';
  while (n > 0) {
    w += letters[n % letters.length] ?? '';
    w += 'aeiou'[n % 5] ?? '';
    n = Math.floor(n / letters.length);
  }
  return w;
}

/** All that is known of an article, with its revisions. */
export async function ask(request: APIRequestContext, uri: string): Promise<Found> {
  return (await request.get(`${wire}/v1/articles/${encodeURIComponent(uri)}`)).json();
}

/** How many articles are like it. */
export async function likeIt(request: APIRequestContext, uri: string): Promise<number> {
  return (await (await request.get(`${wire}/v1/articles/${encodeURIComponent(uri)}/similar`)).json()).hits.length;
}

/** Waits until an article is there in that version. */
export async function arrived(request: APIRequestContext, uri: string, version = 1): Promise<void> {
  await expect.poll(async () => (await ask(request, uri)).article?.version, { timeout: 300_000 }).toBe(String(version));
}

let all: Promise<Article[]> | undefined;

/** The real copy that was there from the start, read once. */
export function corpus(request: APIRequestContext): Promise<Article[]> {
  all ??= (async () => {
    const { hits } = await (await request.get(`${wire}/v1/articles?source=wire-1&source=wire-2&size=100`)).json();
    const found = await Promise.all((hits as { uri: string }[]).map((h) => ask(request, h.uri)));
    return found.map((f) => f.article);
  })();
  return all;
}

/** An article of the real copy that is like that. */
export async function one(request: APIRequestContext, is: (a: Article) => boolean): Promise<Article> {
  const found = (await corpus(request)).find(is);
  if (!found) throw new Error(`no article of the real copy is like that: ${is}`);
  return found;
}

/** The address of an article that is open. */
export const at = (uri: string, more: Record<string, string> = {}) => `/?${new URLSearchParams({ uri, ...more })}`;

export const schemes = ['light', 'dark'] as const;

export const sizes = [
  ['wide', 1440, 900],
  ['narrow', 360, 740],
] as const;

/**
 * Nothing stands out to the side, and axe has nothing to say of the two looks that the other
 * tests don't have and that differ in all: light and narrow, dark and wide.
 */
export async function sound(page: Page, scheme: (typeof schemes)[number], size: string): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(
    0,
  );
  if ((scheme === 'light') === (size === 'narrow')) await accessible(page);
}
