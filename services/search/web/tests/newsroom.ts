// What the tests have in common: a page that is watched, copy that comes in, and axe.
import AxeBuilder from '@axe-core/playwright';
import { type APIRequestContext, test as base, expect, type Page } from '@playwright/test';

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
        // What the service refuses is logged by the browser itself.
        if (m.type() === 'error' && !m.text().includes('the server responded with a status of')) faults.push(m.text());
      });
      page.on('dialog', (d) => {
        faults.push(`opened a dialog: ${d.message()}`);
        void d.dismiss();
      });
      await use(undefined);
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
  status?: 'usable' | 'withheld' | 'canceled';
  urgency?: number;
}

/** Sends an item of ninjs, as an agency would; gives its URI here. */
export async function send(request: APIRequestContext, item: Item): Promise<string> {
  const { id, version = 1, headline = '', text = headline, status = 'usable', urgency } = item;
  const answer = await request.post('/v1/articles?source=agency', {
    headers: { 'Content-Type': 'application/json' },
    data: {
      standard: { name: 'ninjs', version: '3.0' },
      uri: `urn:test:${id}`,
      type: 'text',
      version: String(version),
      versionCreated: new Date(Date.UTC(2024, 4, 20, 12, version)).toISOString(),
      pubStatus: status,
      ...(urgency ? { urgency } : {}),
      ...(headline
        ? {
            headlines: [{ role: 'main', value: headline }],
            bodies: [{ contentType: 'text/html', value: `<p>${text}</p>` }],
          }
        : {}),
    },
  });
  expect(answer.status(), await answer.text()).toBe(202);
  return `urn:copytaster:agency:urn:test:${id}`;
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
