import type { Page, Route } from '@playwright/test';
import { accessible, expect, found, headlines, rows, send, settled, test, word } from './newsroom';

const problem = (route: Route, status: number, headers: Record<string, string> = {}) =>
  route.fulfill({
    status,
    headers,
    contentType: 'application/problem+json',
    body: JSON.stringify({ type: 'urn:copytaster:problem:test', title: `Refused with ${status}`, status }),
  });

const counts = (u: URL) => u.pathname === '/v1/articles' && u.searchParams.get('size') === '1';
const lists = (u: URL) => u.pathname === '/v1/articles' && u.searchParams.get('size') === '30';

/** Has the service refuse what is asked for, for as long as `refused` says so. */
async function refuse(page: Page, what: (u: URL) => boolean, status: number): Promise<{ refused: boolean }> {
  const state = { refused: true };
  await page.route(what, (route) => (state.refused ? problem(route, status) : route.continue()));
  return state;
}

test('what a panel lacks is said in its place, the rest stays, and it is asked for again', async ({ page }) => {
  const state = await refuse(page, (u) => counts(u) || /^\/v1\/(histogram|map)$/.test(u.pathname), 500);
  await page.goto('/?show=timeline,map');
  await expect(rows(page).first()).toBeVisible();
  for (const panel of ['.facets', '.timeline', '.map'])
    await expect(page.locator(panel).getByRole('alert')).toContainText('Refused with 500');
  await accessible(page);
  state.refused = false;
  await page.locator('.facets').getByRole('button', { name: 'Try again' }).click();
  await expect(page.locator('.value').first()).toBeVisible();
  await expect(page.locator('.timeline-bar').first()).toBeAttached();
  await expect(page.locator('.map-mark').first()).toBeAttached();
  await expect(page.getByRole('alert').filter({ hasText: 'Refused' })).toHaveCount(0);
});

test('who asks too often waits as long as the service says, and is told', async ({ page }) => {
  await page.clock.install();
  let asked = 0;
  await page.route(lists, (route) =>
    ++asked === 1 ? problem(route, 429, { 'Retry-After': '3600' }) : route.continue(),
  );
  // By relevance there is no feed, which would have its own reasons to ask.
  await page.goto('/?q=niger&sort=relevance');
  await expect(page.locator('.results').getByRole('alert').filter({ hasText: 'Refused with 429' })).toBeVisible();
  await accessible(page);
  await page.clock.fastForward(1_800_000);
  expect(asked).toBe(1);
  await page.clock.fastForward(1_900_000);
  await expect(rows(page).first()).toBeVisible();
  await expect(page.getByText('Refused with 429')).toHaveCount(0);
});

test('without a network that is said, what was read stays, and it goes on by itself', async ({ page, context }) => {
  await page.goto('/');
  await expect(rows(page).first()).toBeVisible();
  await rows(page).first().click();
  await expect(page.locator('.copy-headline')).toBeVisible();
  await context.setOffline(true);
  await page.keyboard.press('/');
  await page.keyboard.type('niger');
  await page.keyboard.press('Enter');
  await expect(page.locator('.results').getByRole('alert').filter({ hasText: 'You are offline' })).toBeVisible();
  await page.goBack();
  await expect(rows(page).first()).toBeVisible();
  await page.goForward();
  await expect(page.getByText('You are offline').first()).toBeVisible();
  await context.setOffline(false);
  await expect(page.locator('.hits mark').first()).toBeVisible();
  await expect(page.getByText('You are offline')).toHaveCount(0);
  await expect(page.locator('.feed')).toHaveText('Live');
});

test('where the next page can’t be had, those before it stay', async ({ page, request }) => {
  const w = word();
  for (let i = 0; i < 32; i++) await send(request, { id: `${w}-${i}`, headline: `Report ${i} on ${w}` });
  await found(request, w, 32);
  let asked = 0;
  let broken = true;
  await page.route(
    (u) => u.searchParams.has('after') && u.pathname === '/v1/articles',
    (route) => {
      asked++;
      return broken ? problem(route, 500) : route.continue();
    },
  );
  await page.goto(`/?q=${w}`);
  await settled(page);
  await expect(async () => {
    await page.locator('.list').evaluate((l) => l.scrollTo(0, l.scrollHeight));
    await expect(page.locator('.more')).toContainText('Refused with 500', { timeout: 1_000 });
  }).toPass();
  await expect(headlines(page)).toHaveCount(30);
  // It isn't asked for again and again; once may be, where the list itself was.
  const before = asked;
  await accessible(page);
  expect(asked - before).toBeLessThanOrEqual(1);
  broken = false;
  await page.locator('.more').getByRole('button', { name: 'Try again' }).click();
  await expect(headlines(page)).toHaveCount(32);
});

test('whatever hears that the session is over, the way to log in is shown, and nothing else', async ({ page }) => {
  await page.goto('/?q=niger');
  await expect(rows(page).first()).toBeVisible();
  await refuse(page, (u) => u.pathname === '/v1/histogram', 401);
  await page.keyboard.press('t');
  await expect(page.getByRole('alert')).toContainText('You are no longer logged in');
  await expect(page.getByRole('link', { name: 'Log in again' })).toHaveAttribute(
    'href',
    '/login?next=q%3Dniger%26show%3Dtimeline',
  );
  await expect(rows(page)).toHaveCount(0);
  await accessible(page);
});

test('a page that the browser kept is asked for anew', async ({ page }) => {
  await page.goto('/');
  await expect(rows(page).first()).toBeVisible();
  // While it loads anew there is nothing to ask.
  const kept = () => page.evaluate(() => (window as unknown as { kept?: boolean }).kept).catch(() => true);
  await page.evaluate(() => {
    (window as unknown as { kept: boolean }).kept = true;
    setTimeout(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
  });
  await expect.poll(kept).toBeUndefined();
  await expect(rows(page).first()).toBeVisible();
});
