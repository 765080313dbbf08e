import { accessible, expect, found, headlines, rows, send, settled, test, word } from './newsroom';

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
