import {
  accessible,
  articles,
  expect,
  found,
  headlines,
  rows,
  schemes,
  send,
  serviceAt,
  settled,
  sizes,
  sound,
  test,
  word,
} from './newsroom';

test('the newest copy is there at once, each with who sent it and when', async ({ page }) => {
  await page.goto('/');
  await expect(rows(page).first()).toBeVisible();
  // Other tests have sent some more.
  expect(Number((await page.locator('.count').textContent())?.split(' ')[0])).toBeGreaterThanOrEqual(articles);
  const first = rows(page).first();
  await expect(first.locator('time')).toBeVisible();
  await expect(first.locator('.hit-about')).not.toBeEmpty();
  await expect(page.locator('.day').first()).toBeVisible();
  await accessible(page);
});

test('a search is in the address, and back leads out of it', async ({ page }) => {
  await page.goto('/');
  await expect(rows(page).first()).toBeVisible();
  await page.keyboard.press('/');
  await expect(page.locator('#q')).toBeFocused();
  await page.keyboard.type('niger soldiers');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\?q=niger\+soldiers$/);
  await settled(page);
  await expect(page.locator('.hits mark').first()).toBeVisible();
  await page.goBack();
  await expect(page).toHaveURL(/\/$/);
  await expect(page.locator('#q')).toHaveValue('');
  await page.goForward();
  await expect(page.locator('#q')).toHaveValue('niger soldiers');
});

test('what is wrong is shown at its character', async ({ page }) => {
  await page.goto(`/?q=${encodeURIComponent('niger "press review')}`);
  await expect(page.locator('.mirror .wrong')).toHaveText('"');
  await expect(page.getByRole('alert')).toContainText('never closed');
  await expect(page.locator('#q')).toHaveAttribute('aria-invalid', 'true');
  await accessible(page);
});

test('names are completed as they are typed, and become filters', async ({ page }) => {
  await page.goto('/');
  await expect(rows(page).first()).toBeVisible();
  await page.locator('#q').click();
  await page.keyboard.type('nig');
  const offer = page.getByRole('option', { name: /^Niger/ });
  await expect(offer.first()).toBeVisible();
  await accessible(page);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\?place=Niger/);
  await expect(page.locator('#q')).toHaveValue('');
  await expect(page.locator('.chip')).toContainText('Niger');
});

test('a misspelt word is asked about', async ({ page, request }) => {
  const right = word();
  for (let i = 0; i < 12; i++) await send(request, { id: `${right}-${i}`, headline: `Report ${i} on ${right}` });
  const wrong = `${right.slice(0, 4)}x${right.slice(5)}`;
  await found(request, right, 12);
  await page.goto(`/?q=${wrong}`);
  await page.locator('.did-you-mean a').click();
  await expect(page).toHaveURL(new RegExp(`q=${right}`));
  await expect(page.locator('.count')).toHaveText('12 articles');
});

test('filters are chosen together, and their counts stay those of the others', async ({ page }) => {
  await page.goto('/');
  const agency = page.getByRole('group', { name: 'Agency' });
  const dpa = agency.getByRole('checkbox', { name: /^dpa/ });
  const afp = agency.getByRole('checkbox', { name: /^AFP/ });
  await expect(dpa).toBeAttached();
  const count = async (name: string) =>
    Number(await agency.locator('.value', { hasText: name }).locator('.value-count').textContent());
  const [ofDpa, ofAfp] = [await count('dpa'), await count('AFP')];
  await agency.locator('.value', { hasText: 'dpa' }).click();
  await expect(page.locator('.count')).toHaveText(`${ofDpa} articles`);
  expect(await count('AFP')).toBe(ofAfp);
  await agency.locator('.value', { hasText: 'AFP' }).click();
  await expect(page.locator('.count')).toHaveText(`${ofDpa + ofAfp} articles`);
  await expect(page).toHaveURL(/agency=dpa&agency=AFP/);
  await expect(dpa).toBeChecked();
  await expect(afp).toBeChecked();
  await accessible(page);
  await page.getByRole('button', { name: /^Take out Agency dpa/ }).click();
  await expect(page.locator('.count')).toHaveText(`${ofAfp} articles`);
});

test('yesterday is one click', async ({ page, request }) => {
  const w = word();
  await send(request, { id: w, headline: `Then in ${w}` });
  await found(request, w, 1);
  await serviceAt(page, () => new Date('2024-05-21T10:00:00+02:00'));
  await page.goto(`/?q=${w}`);
  // Of a document that doesn't come by the network the page takes no time: the list tells it.
  await expect(headlines(page)).toHaveText([`Then in ${w}`]);
  const yesterday = page.getByRole('button', { name: 'Yesterday' });
  await yesterday.click();
  await expect(page).toHaveURL(/from=2024-05-20&to=2024-05-20/);
  await expect(headlines(page)).toHaveText([`Then in ${w}`]);
  await expect(yesterday).toHaveAttribute('aria-pressed', 'true');
  await settled(page); // until then the list of before stands there, and is paler
  await accessible(page);
  await page.getByRole('button', { name: 'Today' }).click();
  await expect(page.locator('.message')).toContainText('Take a filter out');
});

test('the list goes on as far as there is copy', async ({ page }) => {
  const links = () =>
    headlines(page)
      .locator('a')
      .evaluateAll((as) => as.map((a) => (a as HTMLAnchorElement).href));
  // What comes in meanwhile isn't in the count: then it is looked at anew.
  await expect(async () => {
    await page.goto('/');
    await expect(rows(page).first()).toBeVisible();
    const all = Number((await page.locator('.count').textContent())?.split(' ')[0]);
    await expect(async () => {
      await page.locator('.list').evaluate((l) => l.scrollTo(0, l.scrollHeight));
      expect(await rows(page).count()).toBe(all);
    }).toPass({ timeout: 20_000 });
    expect(new Set(await links()).size).toBe(all);
  }).toPass();
});

test('a period is brushed on the timeline, and there is a table for who can’t', async ({ page }) => {
  await page.goto('/?show=timeline');
  const plot = page.locator('.timeline-brush .overlay');
  await expect(plot).toBeAttached();
  const box = await plot.boundingBox();
  if (!box) throw new Error('no plot');
  await page.mouse.move(box.x + 2, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 30, { steps: 5 });
  await page.mouse.up();
  await expect(page).toHaveURL(/from=.*to=/);
  await settled(page);
  const some = Number((await page.locator('.count').textContent())?.split(' ')[0]);
  expect(some).toBeGreaterThan(0);
  await page.getByRole('button', { name: 'All of the time' }).click();
  await expect(page).not.toHaveURL(/from=/);
  await page.getByRole('button', { name: 'As a table' }).click();
  await accessible(page);
  await page
    .getByRole('button', { name: /show only these$/ })
    .first()
    .click();
  await expect(page).toHaveURL(/from=/);
});

test('a part of the map is drawn', async ({ page }) => {
  await page.goto('/?show=map');
  await expect(page.locator('.map-mark').first()).toBeVisible();
  await accessible(page);
  await page.getByRole('button', { name: 'Draw a part' }).click();
  const box = await page.locator('.map-at').boundingBox();
  if (!box) throw new Error('no map');
  await page.mouse.move(box.x + box.width * 0.3, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.7, box.y + box.height - 20, { steps: 5 });
  await page.mouse.up();
  await expect(page).toHaveURL(/within=/);
  await settled(page);
  await expect(page.locator('.chip')).toContainText('Part of the map');
  await expect(rows(page).first()).toBeVisible();
  await page.getByRole('button', { name: 'All of the world' }).click();
  await expect(page).not.toHaveURL(/within=/);
});

test('a search is kept, and its link leads others to it', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto('/?q=niger&language=en');
  await settled(page);
  await page.keyboard.press('s');
  // It has a name that people read, not codes.
  await expect(page.getByLabel(/^Keep this search as/)).toHaveValue('niger, English');
  await page.getByLabel(/^Keep this search as/).fill('Sahel');
  await page.getByRole('button', { name: 'Keep' }).click();
  await accessible(page);
  await page.getByRole('button', { name: 'Copy link' }).click();
  await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  await page.goto('/');
  await expect(rows(page).first()).toBeVisible();
  await page.getByRole('button', { name: 'Saved searches' }).click();
  await page.getByRole('link', { name: 'Sahel' }).click();
  await expect(page).toHaveURL(/q=niger&language=en/);
  await page.goto(link);
  await expect(page.locator('#q')).toHaveValue('niger');
});

test('the desk works by keys alone', async ({ page }) => {
  await page.goto('/');
  await expect(rows(page).first()).toBeVisible();
  await page.keyboard.press('j');
  await expect(page.locator('.hit.open')).toHaveCount(1);
  await expect(page.locator('.copy-headline')).toBeVisible();
  const first = await page.locator('.copy-headline').textContent();
  await page.keyboard.press('j');
  await expect(page.locator('.copy-headline')).not.toHaveText(first ?? '');
  await page.keyboard.press('k');
  await expect(page.locator('.copy-headline')).toHaveText(first ?? '');
  await page.keyboard.press('o');
  await expect(page.locator('.reading-pane')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.locator('.reading-pane')).toHaveCount(0);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toBeVisible();
  await accessible(page);
  // Single keys can be turned off.
  await page.getByText('Single keys do something').click();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.keyboard.press('j');
  await page.keyboard.press('/');
  await expect(page.locator('#q')).not.toBeFocused();
  await expect(page.locator('.hit.open')).toHaveCount(0);
});

test('what the service can’t answer is said, and asked again', async ({ page }) => {
  let broken = true;
  await page.route('**/v1/articles?**', (route) =>
    broken
      ? route.fulfill({
          status: 500,
          contentType: 'application/problem+json',
          body: JSON.stringify({
            type: 'urn:copytaster:problem:internal',
            title: 'Something is wrong',
            status: 500,
            detail: 'It has been logged.',
          }),
        })
      : route.continue(),
  );
  await page.goto('/');
  await expect(page.locator('.message')).toContainText('It has been logged.');
  broken = false;
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(rows(page).first()).toBeVisible();
});

for (const [size, width, height] of [
  ['a laptop', 1366, 768],
  ['a laptop at 200 %', 683, 384],
  ['a phone on its side', 740, 360],
] as const) {
  test(`there is a list also below timeline and map, on ${size}`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    await page.goto('/?show=timeline,map');
    await expect(page.locator('.timeline-bar').first()).toBeAttached();
    await expect(page.locator('.map-mark').first()).toBeAttached();
    await rows(page).first().scrollIntoViewIfNeeded();
    await expect(rows(page).first()).toBeInViewport({ ratio: 0.95 });
    await rows(page).nth(5).scrollIntoViewIfNeeded();
    await expect(rows(page).nth(5)).toBeInViewport({ ratio: 0.95 });
    await accessible(page);
  });
}

test('the map is drawn on by touch, and Escape ends it', async ({ page }) => {
  await page.goto('/?show=map');
  await expect(page.locator('.map-mark').first()).toBeVisible();
  const drawing = page.getByRole('button', { name: 'Draw a part' });
  await drawing.click();
  await page.keyboard.press('Escape');
  await expect(drawing).toHaveAttribute('aria-pressed', 'false');
  await drawing.click();
  const box = await page.locator('.map-at').boundingBox();
  if (!box) throw new Error('no map');
  const client = await page.context().newCDPSession(page);
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', x: number, y: number) =>
    client.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x, y }] });
  await touch('touchStart', box.x + box.width * 0.3, box.y + 20);
  for (const part of [0.4, 0.5, 0.6])
    await touch('touchMove', box.x + box.width * part, box.y + 20 + (box.height - 40) * part);
  await touch('touchEnd', 0, 0);
  await expect(page).toHaveURL(/within=/);
  await expect(drawing).toHaveAttribute('aria-pressed', 'false');
  await expect(page.locator('.chip')).toContainText('Part of the map');
});

test('let go outside the map, a part is drawn all the same', async ({ page }) => {
  await page.goto('/?show=map');
  await expect(page.locator('.map-mark').first()).toBeVisible();
  await page.getByRole('button', { name: 'Draw a part' }).click();
  const box = await page.locator('.map-at').boundingBox();
  if (!box) throw new Error('no map');
  await page.mouse.move(box.x + box.width * 0.3, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + box.height + 60, { steps: 5 });
  await page.mouse.up();
  await expect(page).toHaveURL(/within=/);
});

test('who can’t point at the map has a list of it', async ({ page }) => {
  await page.goto('/?show=map');
  await expect(page.locator('.map-mark').first()).toBeVisible();
  await page.getByRole('button', { name: 'As a list' }).click();
  // Named by its country, as soon as the shapes are there, if its middle isn't at sea.
  const first = page
    .locator('.map-tiles')
    .getByRole('button', { name: /^\p{Lu}.*, about \d+° [NS], \d+° [EW]:/u })
    .first();
  await expect(first).toBeVisible();
  await accessible(page);
  await first.press('Enter');
  await expect(page).toHaveURL(/within=/);
  await settled(page);
  await expect(rows(page).first()).toBeVisible();
});

test('a text is set by its own language, however it begins', async ({ page, request }) => {
  const w = word();
  await send(request, {
    id: w,
    language: 'ar',
    headline: `AFP ${w} – الرئيس يصل إلى العاصمة`,
    text: `AFP ${w}: وصل الرئيس إلى العاصمة صباح اليوم، وقال إن المحادثات تبدأ غدا.`,
  });
  await found(request, w, 1);
  await page.goto(`/?q=${w}`);
  const headline = headlines(page).first();
  await expect(headline).toHaveAttribute('dir', 'rtl');
  await expect(headline).toHaveAttribute('lang', 'ar');
  await headline.click();
  await expect(page.locator('.copy')).toHaveAttribute('dir', 'rtl');
  await expect(page.locator('.copy')).toHaveAttribute('lang', 'ar');
  await accessible(page);
});

test('single letters are the menu’s own while it is open', async ({ page }) => {
  await page.goto('/');
  await expect(rows(page).first()).toBeVisible();
  await page.getByRole('button', { name: 'Menu' }).click();
  await expect(page.getByRole('menu')).toBeVisible();
  await page.keyboard.press('d');
  await expect(page.getByRole('menuitem', { name: 'Dark' })).toBeFocused();
  await page.keyboard.press('t');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('menu')).toHaveCount(0);
  await expect(page.locator('.timeline')).toHaveCount(0);
});

test('Enter on the same query asks once more', async ({ page }) => {
  let asked = 0;
  await page.route(
    (u) => u.pathname === '/v1/articles' && u.searchParams.get('size') === '30',
    (route) => {
      asked++;
      return route.continue();
    },
  );
  await page.goto('/?q=niger');
  await expect(rows(page).first()).toBeVisible();
  await settled(page);
  const before = asked;
  await page.locator('#q').press('Enter');
  await expect.poll(() => asked).toBeGreaterThan(before);
});

for (const scheme of schemes) {
  for (const [size, width, height] of sizes) {
    test(`the desk with timeline and map, ${scheme} and ${size}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height });
      await page.goto('/?show=timeline,map');
      await expect(page.locator('.timeline-bar').first()).toBeAttached();
      await expect(page.locator('.map-mark').first()).toBeAttached();
      await expect(rows(page).first()).toBeAttached();
      await sound(page, scheme, size);
      await page.keyboard.press('?');
      await expect(page.getByRole('dialog')).toContainText('urgency:1..3');
      await sound(page, scheme, size);
    });
  }
}
