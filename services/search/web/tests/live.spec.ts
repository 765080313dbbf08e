import type { Locator, Page } from '@playwright/test';
import { accessible, clockOff, expect, found, headlines, rows, send, serviceAt, settled, test, word } from './newsroom';

test('new copy comes in on top, and nothing that is read moves', async ({ page, request }) => {
  const w = word();
  await send(request, { id: `${w}-0`, headline: `First of ${w}` });
  await page.goto(`/?q=${w}`);
  await expect(page.locator('.feed')).toHaveText('Live');
  await expect(headlines(page)).toHaveText([`First of ${w}`]);
  // Somebody reads it: what comes in waits, and is counted.
  await headlines(page).first().click();
  await expect(page.locator('.copy-headline')).toHaveText(`First of ${w}`);
  const before = await rows(page).first().boundingBox();
  await send(request, { id: `${w}-1`, headline: `Second of ${w}` });
  await expect(page.getByRole('button', { name: '1 new' })).toBeVisible();
  await send(request, { id: `${w}-2`, headline: `Third of ${w}` });
  await expect(page.getByRole('button', { name: '2 new' })).toBeVisible();
  expect(await rows(page).first().boundingBox()).toEqual(before);
  await expect(headlines(page)).toHaveCount(1);
  await accessible(page);
  await page.getByRole('button', { name: '2 new' }).click();
  await expect(headlines(page)).toHaveText([`Third of ${w}`, `Second of ${w}`, `First of ${w}`]);
  await accessible(page);
});

test('where nobody reads, new copy goes in by itself; paused, it waits', async ({ page, request }) => {
  const w = word();
  await page.goto(`/?q=${w}`);
  await expect(page.locator('.feed')).toHaveText('Live');
  await expect(page.locator('.message')).toContainText('Nothing found');
  await page.mouse.move(5, 5);
  await send(request, { id: `${w}-0`, headline: `First of ${w}` });
  await expect(headlines(page)).toHaveText([`First of ${w}`]);
  await page.keyboard.press('p');
  await expect(page.locator('.feed')).toHaveText('Paused');
  await send(request, { id: `${w}-1`, headline: `Second of ${w}` });
  await expect(page.getByRole('button', { name: '1 new' })).toBeVisible();
  await expect(headlines(page)).toHaveCount(1);
  await page.keyboard.press('n');
  await expect(headlines(page)).toHaveText([`Second of ${w}`, `First of ${w}`]);
  await expect(page.locator('.feed')).toHaveText('Live');
});

test('who clears a search for the best has the newest, live', async ({ page, request }) => {
  const w = word();
  await send(request, { id: w, headline: `Only ${w}` });
  await found(request, w, 1);
  await page.goto(`/?q=${w}&sort=relevance`);
  await expect(headlines(page)).toHaveText([`Only ${w}`]);
  await expect(page.locator('.feed')).toHaveCount(0);
  await page.locator('#q').fill('');
  await page.locator('#q').press('Enter');
  await expect(page).not.toHaveURL(/q=/);
  await expect(page.getByRole('button', { name: 'Newest' })).toHaveAttribute('aria-pressed', 'true');
  await expect(page.locator('.feed')).toHaveText('Live');
});

test('what was there before isn’t new', async ({ page, request }) => {
  const w = word();
  for (const n of [0, 1, 2]) await send(request, { id: `${w}-${n}`, headline: `Report ${n} on ${w}` });
  await found(request, w, 3);
  await page.goto(`/?q=${w}`);
  await expect(page.locator('.feed')).toHaveText('Live');
  await expect(headlines(page)).toHaveCount(3);
  // The feed has told of all that went before once it tells of another.
  await headlines(page).first().click();
  await send(request, { id: `${w}-3`, headline: `Report 3 on ${w}` });
  await expect(page.getByRole('button', { name: '1 new' })).toBeVisible();
  await expect(page.locator('.hit.new')).toHaveCount(0);
  await expect(headlines(page)).toHaveCount(3);
});

test('what is killed is gone at once, from the list and from under the reader’s eyes', async ({ page, request }) => {
  const w = word();
  await send(request, { id: `${w}-0`, headline: `Wrong about ${w}`, text: `Secret text of ${w}` });
  await found(request, w, 1); // by the search, not as news
  await page.goto(`/?q=${w}`);
  await expect(page.locator('.feed')).toHaveText('Live');
  await headlines(page).first().click();
  await expect(page.locator('.copy')).toContainText('Secret text');
  await send(request, { id: `${w}-0`, version: 2, status: 'canceled' });
  await expect(page.locator('.notice.canceled')).toContainText('Killed');
  await expect(page.locator('.gone.canceled')).toContainText('Killed');
  await expect(page.locator('body')).not.toContainText('Secret text');
  await expect(page.locator('body')).not.toContainText('Wrong about');
  await accessible(page);
});

test('a correction takes the place of what it corrects', async ({ page, request }) => {
  const w = word();
  await send(request, { id: `${w}-0`, headline: `Two hurt in ${w}` });
  await page.goto(`/?q=${w}`);
  await expect(page.locator('.feed')).toHaveText('Live');
  await headlines(page).first().click();
  await expect(page.locator('.copy-headline')).toHaveText(`Two hurt in ${w}`);
  await send(request, { id: `${w}-0`, version: 2, headline: `Three hurt in ${w}` });
  await expect(headlines(page)).toHaveText([`Three hurt in ${w}`]);
  await expect(page.locator('.hit .badge')).toHaveText('Updated');
  await expect(page.locator('.copy-headline')).toHaveText(`Three hurt in ${w}`);
});

test('urgent copy stands out', async ({ page, request }) => {
  const w = word();
  await send(request, { id: `${w}-0`, headline: `Flash from ${w}`, urgency: 1 });
  await page.goto(`/?q=${w}`);
  await expect(page.locator('.hit .urgent')).toHaveText('Flash');
  await settled(page);
});

test('late copy stands on top as it came, with its date, and the days below are in order', async ({
  page,
  request,
}) => {
  const w = word();
  await send(request, { id: `${w}-0`, headline: `First of ${w}` });
  await found(request, w, 1);
  await page.goto(`/?q=${w}`);
  await expect(page.locator('.feed')).toHaveText('Live');
  await expect(page.locator('.day')).toHaveText(['Monday, 20 May 2024']);
  await page.mouse.move(5, 5);
  await send(request, { id: `${w}-1`, headline: `Second of ${w}` });
  await expect(headlines(page)).toHaveText([`Second of ${w}`, `First of ${w}`]);
  await expect(page.locator('.day')).toHaveText([/^Came in since \d\d:\d\d$/, 'Monday, 20 May 2024']);
  await expect(rows(page).first().locator('.hit-time')).toHaveText(/^20 May 2024, \d\d:\d\d$/);
  await accessible(page);
});

test('after midnight today is yesterday', async ({ page, request }) => {
  const w = word();
  await send(request, { id: w, headline: `Late in ${w}` });
  await found(request, w, 1);
  let now = new Date('2024-05-20T21:30:00+02:00');
  await serviceAt(page, () => now);
  await page.goto(`/?q=${w}&from=2024-05-20`);
  await expect(page.locator('.day')).toHaveText('Today, Monday, 20 May 2024');
  await settled(page);
  // The clock goes on, and nothing else that would have the list shown anew.
  now = new Date('2024-05-21T01:30:00+02:00');
  await page.keyboard.press('t');
  await expect(page.locator('.day')).toHaveText('Yesterday, Monday, 20 May 2024');
  await expect(rows(page).first().locator('.hit-time')).toHaveText(/^\d\d:\d\d$/);
});

for (const [name, off] of [
  ['a day fast', 26],
  ['hours slow', -5],
] as const) {
  test(`a reader’s clock that is ${name} counts for nothing`, async ({ page, request }) => {
    const w = word();
    await clockOff(page, off * 3_600_000);
    const since: number[] = [];
    page.on('request', (r) => {
      const url = new URL(r.url());
      if (url.pathname === '/v1/live') since.push(Date.parse(url.searchParams.get('since') ?? ''));
    });
    const zoned = (form: Intl.DateTimeFormatOptions) =>
      new Intl.DateTimeFormat('en-CA', { ...form, timeZone: 'Europe/Berlin' }).format(new Date());
    const day = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
    const before = Date.now();
    await page.goto(`/?q=${w}`);
    await expect(page.locator('.feed')).toHaveText('Live');
    // The feed begins a minute before the list was asked for: an index that is behind costs nothing.
    expect(since[0]).toBeGreaterThan(before - 120_000);
    expect(since[0]).toBeLessThan(Date.now() - 50_000);
    await page.mouse.move(5, 5);
    await send(request, { id: w, headline: `Late in ${w}` });
    await expect(headlines(page)).toHaveText([`Late in ${w}`]);
    const came = Date.parse((await page.locator('.day time').getAttribute('datetime')) ?? '');
    expect(came).toBeGreaterThan(before - 10_000);
    expect(came).toBeLessThan(Date.now() + 10_000);
    const today = [zoned(day)];
    await page.getByRole('button', { name: 'Today' }).click();
    today.push(zoned(day)); // it may be midnight
    await expect(page).toHaveURL(new RegExp(`from=(${today.join('|')})&`));
  });
}

test('who closes an article, or asks for what is new, is where they were in the list', async ({ page, request }) => {
  const w = word();
  for (const n of [0, 1]) await send(request, { id: `${w}-${n}`, headline: `Report ${n} on ${w}` });
  await found(request, w, 2);
  await page.goto(`/?q=${w}`);
  await expect(page.locator('.feed')).toHaveText('Live');
  const row = (n: number) => rows(page).nth(n).locator('a');
  for (const close of ['Close the article', 'Escape']) {
    await row(1).click();
    await expect(page.locator('.copy-headline')).toBeVisible();
    await page.locator('.reading-pane').focus();
    if (close === 'Escape') await page.keyboard.press('Escape');
    else await page.getByRole('link', { name: close }).click();
    await expect(page.locator('.reading-pane')).toHaveCount(0);
    await expect(row(1)).toBeFocused();
  }
  await page.keyboard.press('p');
  await send(request, { id: `${w}-2`, headline: `Report 2 on ${w}` });
  const fresh = page.getByRole('button', { name: '1 new' });
  // It changes with each that comes in: nothing that speaks all day.
  expect(await fresh.evaluate((b) => b.closest('[role="status"], [aria-live]'))).toBeNull();
  await expect(page.getByRole('status').filter({ hasText: '1 new' })).toBeAttached();
  await fresh.focus();
  await page.keyboard.press('Enter');
  await expect(headlines(page).first()).toHaveText(`Report 2 on ${w}`);
  await expect(row(0)).toBeFocused();
});

test('where a row that has focus is killed, the next one has it', async ({ page, request }) => {
  const w = word();
  for (const n of [0, 1, 2]) await send(request, { id: `${w}-${n}`, headline: `Report ${n} on ${w}` });
  await found(request, w, 3);
  await page.goto(`/?q=${w}`);
  await expect(page.locator('.feed')).toHaveText('Live');
  const second = rows(page).nth(1);
  const id = (await second.getAttribute('data-uri'))?.split(':').at(-1) ?? '';
  const next = await rows(page).nth(2).getAttribute('data-uri');
  await second.locator('a').focus();
  await send(request, { id, version: 2, status: 'canceled' });
  await expect(page.locator('.gone.canceled')).toBeVisible();
  await expect(page.locator(`[data-uri="${next}"] a`)).toBeFocused();
  await expect(page.locator('[aria-live="assertive"]')).toHaveText('1 article of this list killed');
  await accessible(page);
});

test('a tab that nobody has looked at yet takes no feed from others', async ({ page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(document, 'hidden', { get: () => !(window as unknown as { looked?: boolean }).looked });
  });
  let feeds = 0;
  page.on('request', (r) => {
    if (new URL(r.url()).pathname === '/v1/live') feeds++;
  });
  await page.goto('/');
  await expect(rows(page).first()).toBeVisible();
  await settled(page);
  expect(feeds).toBe(0);
  await page.evaluate(() => {
    (window as unknown as { looked: boolean }).looked = true;
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await expect(page.locator('.feed')).toHaveText('Live');
});

test('seven tabs work, of which those looked at last are live', async ({ context, request }) => {
  const w = word();
  await send(request, { id: w, headline: `Wanted ${w}` });
  await found(request, w, 1);
  const tabs: Page[] = [];
  for (let i = 0; i < 7; i++) {
    const tab = await context.newPage();
    tabs.push(tab);
    await tab.goto(`/?q=${w}`);
    await expect(tab.locator('.feed')).toHaveText('Live');
    await expect(headlines(tab)).toHaveText([`Wanted ${w}`]);
  }
  const feeds = tabs.map((tab) => tab.locator('.feed'));
  for (const [i, feed] of feeds.entries()) await expect(feed).toHaveText(i < 3 ? 'Not live: many tabs' : 'Live');
  const first = tabs[0] as Page;
  await headlines(first).first().click();
  await expect(first.locator('.copy-headline')).toHaveText(`Wanted ${w}`);
  // Its reader comes back to it.
  await first.evaluate(() => dispatchEvent(new Event('focus')));
  await expect(first.locator('.feed')).toHaveText('Live');
  await expect(feeds[3] as Locator).toHaveText('Not live: many tabs');
  await send(request, { id: w, version: 2, status: 'canceled' });
  await expect(first.locator('.notice.canceled')).toBeVisible();
  await expect(first.locator('.gone.canceled')).toBeVisible();
  // One that is closed leaves its place to another.
  await tabs[6]?.close({ runBeforeUnload: true });
  await expect(feeds[3] as Locator).toHaveText('Live');
});
