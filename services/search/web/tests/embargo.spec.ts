import type { APIRequestContext, Page } from '@playwright/test';
import { accessible, enter, expect, given, schemes, send, sizes, sound, test, word } from './newsroom';

// A service that shows what is under an embargo to those who may see it.
test.use({ baseURL: given('COPYTASTER_PAGE_DESK') });

const hour = 3_600_000;

const after = (ms: number): Date => new Date(Date.now() + ms);

const row = (page: Page, uri: string) => page.locator(`[data-uri="${uri}"]`);

/** What the service tells who may see it. */
async function waiting(request: APIRequestContext): Promise<string[]> {
  const headers = { 'X-API-Key': given('COPYTASTER_PAGE_PLANNER') };
  const answer = await request.get('/v1/embargoes?size=100', { headers });
  return ((await answer.json()).articles as { uri: string }[]).map((a) => a.uri);
}

/** Waits until the service tells of it. */
async function told(request: APIRequestContext, uri: string, timeout: number): Promise<void> {
  await expect.poll(() => waiting(request), { timeout }).toContain(uri);
}

/** Sends copy that waits so long, and waits until the service knows it. */
async function hold(request: APIRequestContext, id: string, embargo: Date): Promise<string> {
  const uri = await send(request, {
    id,
    headline: `Budget of ${id}`,
    html: `<p>The minister of ${id} will say it.</p><p>She said no more.</p>`,
    embargo,
    urgency: 2,
  });
  await told(request, uri, 300_000);
  return uri;
}

test('who may not see what is under an embargo finds no way to it', async ({ page, request }) => {
  const w = word();
  await hold(request, w, after(2 * hour));
  for (const who of ['READER', 'EDITOR', 'OPERATOR'] as const) {
    await enter(page, who, '/');
    await expect(page.locator('.hits .hit').first()).toBeVisible();
    await expect(page.getByRole('link', { name: 'Embargo', exact: true })).toHaveCount(0);
    await page.keyboard.press('e');
    await page.goto('/?view=embargo');
    await expect(page.locator('.message')).toContainText('Not for everybody');
    expect((await page.request.get('/v1/embargoes')).status()).toBe(403);
    await expect(page.locator('body')).not.toContainText(w);
  }
  await accessible(page);
});

test('what waits stands in its list, is read, and says until when', async ({ page, request, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  // The reader's own clock is three minutes fast: it counts for nothing.
  await page.addInitScript(() => {
    const own = Date.now.bind(Date);
    Date.now = () => own() + 180_000;
  });
  const w = word();
  const end = after(2 * hour);
  const uri = await hold(request, w, end);
  await enter(page, 'PLANNER', '/');
  await page.getByRole('link', { name: 'Embargo', exact: true }).click();
  await expect(page).toHaveURL(/view=embargo/);
  const here = row(page, uri);
  await expect(here.locator('.hit-headline')).toHaveText(`Budget of ${w}`);
  await expect(here.locator('.embargo')).toContainText(/Embargo 1:\d\d:\d\d/);
  const left = async () => {
    const [h = 0, m = 0, s = 0] = ((await here.locator('.embargo [aria-hidden]').textContent()) ?? '')
      .split(':')
      .map(Number);
    return h * 3600 + m * 60 + s;
  };
  // Test and service are on one machine.
  const [sooner, said, later] = [Date.now(), await left(), Date.now()];
  expect(said).toBeGreaterThan((end.getTime() - later) / 1000 - 90);
  expect(said).toBeLessThan((end.getTime() - sooner) / 1000 + 90);
  const before = await left();
  await expect.poll(left).toBeLessThan(before);
  await accessible(page);

  await here.getByRole('link').click();
  const pane = page.getByRole('complementary', { name: 'Article' });
  await expect(pane.locator('.copy-headline')).toHaveText(`Budget of ${w}`);
  await expect(pane.locator('.embargo-mark')).toContainText(
    new RegExp(`Embargo until .*${end.toISOString().slice(11, 19)} UTC \\(1:\\d\\d:\\d\\d\\)`),
  );
  await accessible(page);
  await pane.getByRole('button', { name: 'Copy as text' }).click();
  await expect(pane.locator('.said')).toHaveText('Copied, with its embargo');
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  const warning = /^EMBARGO – not for publication before \d+ \w+ \d{4}, \d\d:\d\d:\d\d UTC\n\n/;
  expect(await clipboard()).toMatch(warning);
  expect(await clipboard()).toContain(`The minister of ${w} will say it.`);
  await pane.getByText('She said no more.').selectText();
  await page.keyboard.press('Control+c');
  await expect.poll(clipboard).toMatch(new RegExp(`${warning.source}She said no more\\.$`));

  // The address holds it, and the way back is there.
  await page.keyboard.press('Escape');
  await expect(pane).toHaveCount(0);
  await page.goBack();
  await expect(pane.locator('.copy-headline')).toHaveText(`Budget of ${w}`);
  await page.reload();
  await expect(pane.locator('.copy-headline')).toHaveText(`Budget of ${w}`);
  await page.keyboard.press('e');
  await expect(page.locator('#q')).toBeVisible();
  // Nobody finds it by a search, also who sees it here.
  await page.goto(`/?q=${w}`);
  await expect(page.locator('.list')).toHaveAttribute('aria-busy', 'false');
  await expect(page.locator('body')).not.toContainText('Budget of');
  await page.keyboard.press('e');
  await expect(row(page, uri)).toBeVisible();
});

test('what is killed before its time goes from the screen', async ({ page, request }) => {
  const w = word();
  const uri = await hold(request, w, after(2 * hour));
  await enter(page, 'PLANNER', `/?view=embargo&uri=${encodeURIComponent(uri)}`);
  await expect(page.locator('.copy-headline')).toHaveText(`Budget of ${w}`);
  await send(request, { id: w, version: 2, status: 'canceled' });
  await expect(page.locator('body')).not.toContainText(w);
  await expect(row(page, uri)).toHaveCount(0);
  await expect(page.locator('.reading-pane .message')).toContainText('Not under an embargo');
  await expect(page.locator('.hits .ended')).toContainText('Not to be used');
  await accessible(page);
});

test('an embargo ends before its reader’s eyes', async ({ page, request }) => {
  await enter(page, 'PLANNER', '/?view=embargo');
  // Where the machine is slow, the first may be out before it was seen.
  for (const seconds of [30, 120, 600]) {
    const w = word();
    const uri = await send(request, { id: w, headline: `Result of ${w}`, embargo: after(seconds * 1000) });
    const seen = row(page, uri);
    const before = async (what: Promise<void>) =>
      what.then(
        () => true,
        () => false,
      );
    if (!(await before(told(request, uri, seconds * 1000)))) continue;
    await page.reload();
    if (!(await before(seen.waitFor({ timeout: seconds * 1000 })))) continue;
    const ended = page.locator('.hit.ended', { hasText: w });
    await expect(ended).toContainText('Embargo ended', { timeout: 2 * seconds * 1000 + 120_000 });
    await expect(seen).toHaveCount(0);
    await accessible(page);
    await ended.getByRole('link').click();
    await expect(page).toHaveURL(/\/\?uri=[^&]*$/);
    await expect(page.locator('.copy-headline')).toHaveText(`Result of ${w}`);
    return;
  }
  throw new Error('no embargo was seen before it ended');
});

test('what isn’t told for a minute is hidden', async ({ page, request }) => {
  const w = word();
  const uri = await hold(request, w, after(2 * hour));
  await enter(page, 'PLANNER', '/?view=embargo');
  await expect(row(page, uri)).toBeVisible();
  await page.route('**/v1/embargoes*', (route) =>
    route.fulfill({
      status: 503,
      contentType: 'application/problem+json',
      body: JSON.stringify({ type: 'about:blank', title: 'The index can’t be reached', status: 503 }),
    }),
  );
  await expect(page.getByRole('alert')).toContainText('Whether what was here still waits isn’t known');
  await expect(page.locator('body')).not.toContainText(w);
  await accessible(page);
  await page.unroute('**/v1/embargoes*');
  // It may have been asked for meanwhile, and the button is gone.
  await page
    .getByRole('button', { name: 'Try again' })
    .click({ timeout: 5_000 })
    .catch(() => undefined);
  await expect(row(page, uri)).toBeVisible();
  // Who may no longer see it sees nothing of it at once.
  await page.route('**/v1/embargoes*', (route) =>
    route.fulfill({
      status: 403,
      contentType: 'application/problem+json',
      body: JSON.stringify({ type: 'about:blank', title: 'That is not allowed', status: 403 }),
    }),
  );
  await expect(page.getByRole('alert')).toContainText('That is not allowed');
  await expect(page.locator('body')).not.toContainText(w);
});

test('where it isn’t known what still waits, nothing is said to be free', async ({ page, request }) => {
  const w = word();
  const uri = await hold(request, w, after(2 * hour));
  await enter(page, 'PLANNER', `/?view=embargo&uri=${encodeURIComponent(uri)}`);
  await expect(page.locator('.copy-headline')).toHaveText(`Budget of ${w}`);
  await page.route('**/v1/embargoes*', (route) =>
    route.fulfill({
      status: 500,
      contentType: 'application/problem+json',
      body: JSON.stringify({ type: 'about:blank', title: 'Something is wrong', status: 500 }),
    }),
  );
  const pane = page.locator('.reading-pane');
  await expect(pane.getByRole('alert')).toContainText('Treat it as under its embargo');
  await expect(pane).not.toContainText('Not under an embargo');
  await accessible(page);
  await page.unroute('**/v1/embargoes*');
  await expect(page.locator('.copy-headline')).toHaveText(`Budget of ${w}`);
});

for (const scheme of schemes) {
  for (const [size, width, height] of sizes) {
    test(`what waits, ${size}, ${scheme}`, async ({ page, request }) => {
      const w = word();
      const uri = await hold(request, w, after(26 * hour));
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height });
      await enter(page, 'PLANNER', '/?view=embargo');
      await expect(row(page, uri).locator('.embargo')).toContainText(/Embargo 1 d 1:\d\d:\d\d/);
      await sound(page, scheme, size);
      await row(page, uri).getByRole('link').click();
      await expect(page.locator('.embargo-mark')).toContainText('Embargo until');
      await sound(page, scheme, size);
    });
  }
}
