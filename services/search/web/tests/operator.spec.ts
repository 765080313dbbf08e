import type { Page } from '@playwright/test';
import {
  accessible,
  arrived,
  at,
  enter,
  expect,
  found,
  given,
  headlines,
  ask as known,
  schemes,
  send,
  sizes,
  sound,
  test,
  word,
} from './newsroom';

// A service where people log in, editors correct and operators work.
test.use({ baseURL: given('COPYTASTER_PAGE_DESK') });

const part = (page: Page, name: string) => page.getByRole('tab', { name, exact: true });

const reads = (page: Page, topic: string) => page.locator('.measure', { hasText: `reads ${topic}` });

test('a wrong key is refused, a right one opens, and logging out ends it', async ({ page }) => {
  await page.goto('/login');
  await accessible(page);
  await page.getByLabel('Your key').fill('ctk_wrong');
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await accessible(page);
  await enter(page, 'READER', '/');
  await expect(headlines(page).first()).toBeVisible();
  await page.getByRole('button', { name: 'Menu' }).click();
  // Who may not, is not offered it.
  await expect(page.getByRole('menuitem', { name: 'Operator’s view' })).toHaveCount(0);
  await page.getByRole('menuitem', { name: /^Log out/ }).click();
  await expect(page.getByLabel('Your key')).toBeVisible();
});

test('who may not operate is told so', async ({ page }) => {
  await enter(page, 'EDITOR', '/?view=operator');
  await expect(page.locator('.message')).toContainText('Not for everybody');
  await accessible(page);
});

test('where it is turned off, that is said', async ({ page }) => {
  await page.route('**/v1/operator/**', (route) =>
    route.fulfill({
      status: 404,
      contentType: 'application/problem+json',
      body: JSON.stringify({ type: 'about:blank', title: 'Not found', status: 404 }),
    }),
  );
  await enter(page, 'OPERATOR', '/?view=operator');
  await expect(page.getByRole('alert')).toContainText('Turned off here');
  await accessible(page);
});

test('the stages stand in their order, with what waits and how fast it goes', async ({ page }) => {
  await enter(page, 'OPERATOR', '/');
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.getByRole('menuitem', { name: 'Operator’s view' }).click();
  await expect(page).toHaveURL(/view=operator/);
  await expect(page.locator('.stage > h2')).toContainText(['ingest', 'enrich', 'index', 'release']);
  await expect(page.locator('.part-say')).toContainText('Rates are of the last');
  const index = reads(page, 'articles.enriched');
  await expect(index.locator('.verdict').first()).toHaveText('Keeps up');
  await expect(index.first().locator('.facts')).toContainText('Waiting');
  // Time goes on, and the pictures with it.
  await expect(page.locator('.spark-line').first()).toBeAttached();
  await accessible(page);
  await page.goBack();
  await expect(headlines(page).first()).toBeVisible();
});

test('each source tells what it sent lately, and leads to it', async ({ page, request }) => {
  const w = word();
  await send(request, { id: w, headline: `Lately from ${w}` });
  await found(request, w, 1);
  await enter(page, 'OPERATOR', '/?view=operator&part=sources&state=all');
  const row = page.getByRole('row', { name: /^agency/ });
  await expect(row.locator('.verdict')).toBeVisible();
  await expect(row.locator('.spark-bar').first()).toBeAttached();
  await accessible(page);
  await row.getByRole('link', { name: 'agency' }).click();
  await expect(page).toHaveURL(/\/\?source=agency$/);
  await expect(page.locator('.chip')).toContainText('agency');
  await page.goBack();
  await expect(row).toBeVisible();
  // What was refused leads to its letters.
  await page
    .getByRole('row', { name: /^coast/ })
    .getByRole('link', { name: '1', exact: true })
    .click();
  await expect(page).toHaveURL(/part=letters/);
  await expect(page.locator('.letter-name')).toHaveText(['Ferry Aster runs again']);
});

test('a dead letter says why, is sent back, and is found', async ({ page }) => {
  await enter(page, 'OPERATOR', '/?view=operator');
  await page
    .getByRole('link', { name: /1 dead letter open/ })
    .first()
    .click();
  await expect(part(page, 'Dead letters')).toHaveAttribute('aria-selected', 'true');
  const letter = page.getByRole('link', { name: 'Ferry Aster runs again' });
  await expect(letter).toBeVisible();
  await accessible(page);
  await page.getByRole('searchbox').fill('no such reason');
  await page.keyboard.press('Enter');
  await expect(page.locator('.part-wait')).toHaveText('No dead letter is like that.');
  await accessible(page);
  await page.goBack();
  await letter.click();
  const whole = page.getByRole('complementary', { name: 'Dead letter' });
  await expect(whole.locator('.trouble')).toContainText('nested');
  await expect(whole.locator('.letter-text').first()).toContainText('Ferry Aster');
  await accessible(page);
  await page.goBack();
  await expect(whole).toHaveCount(0);
  await page.goForward();
  await whole.getByRole('button', { name: 'Send back' }).click();
  await accessible(page);
  const ask = page.getByRole('dialog');
  await ask.getByLabel(/^Why/).fill('the limit is mended');
  await page.keyboard.press('Enter');
  await expect(ask).toContainText('1 letter sent back');
  await accessible(page);
  await ask.getByRole('button', { name: 'Close' }).click();
  await expect(whole.locator('.letter-handled')).toContainText('Sent back by Night desk');
  await expect(whole.locator('.letter-handled')).toContainText('the limit is mended');
  await expect(whole.getByRole('button', { name: 'Send back again' })).toBeVisible();
  await expect(page.locator('.letter-name')).toHaveCount(0);
  await page.getByRole('button', { name: 'Handled' }).click();
  await expect(page.locator('.letter-name')).toHaveText(['Ferry Aster runs again']);
  await accessible(page);
  // It is found now, as its link says.
  await whole.locator('.letter-facts a').click();
  await expect(page).toHaveURL(/\/\?uri=[^&]*$/);
  await expect(async () => {
    await page.reload();
    await expect(page.locator('.copy-headline')).toHaveText('Ferry Aster runs again', { timeout: 5_000 });
  }).toPass();
});

test('an editor corrects, and takes it back', async ({ page, request }) => {
  const w = word();
  const uri = await send(request, {
    id: w,
    headline: `Ferry ${w} runs again`,
    html: '<p>“The ferry runs again since Monday,” Ana Ruiz said in Oslo. It belongs to Jérôme Müller.</p>',
  });
  await arrived(request, uri);
  await enter(page, 'EDITOR', at(uri, { pane: 'found' }));
  await expect(page.locator('.found-source')).toContainText(uri);
  const source = page.locator('.found-source');
  const agency = async () => {
    await source.getByRole('button', { name: 'Correct Agency' }).click();
    return page.getByRole('dialog', { name: 'Correct: Agency' });
  };
  const ask = await agency();
  await accessible(page);
  await ask.getByLabel('Agency').fill('dpa');
  await ask.getByLabel(/^Why/).fill('they told us');
  await ask.getByRole('button', { name: 'Correct', exact: true }).click();
  await expect(page.getByRole('dialog')).toContainText('Kept');
  await accessible(page);
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await expect(page.locator('.paper-about b')).toHaveText('dpa');
  await expect(source).toContainText('says an editor');
  await accessible(page);
  const again = await agency();
  await expect(again).toContainText('they told us');
  await again.getByRole('button', { name: 'Take the correction back' }).click();
  await expect(page.getByRole('dialog')).toContainText('Kept');
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await expect(page.locator('.paper-about b')).toHaveCount(0);
});

test('an editor takes a name out, and adds one that was missed', async ({ page, request }) => {
  const w = word();
  const uri = await send(request, {
    id: w,
    headline: `Ferry ${w} runs again`,
    html: '<p>“The ferry runs again since Monday,” Ana Ruiz said in Oslo. It belongs to Zoë Åkerlund Shipping.</p>',
  });
  await arrived(request, uri);
  await enter(page, 'EDITOR', at(uri, { pane: 'found' }));
  const people = page.locator('.found .facet', { hasText: 'People' });
  await expect(people).toContainText('Ana Ruiz');
  await people.getByRole('button', { name: 'Correct People' }).click();
  const ask = page.getByRole('dialog');
  await ask.locator('.value', { hasText: 'Ana Ruiz' }).click();
  await ask.getByLabel('And, in words of the text').fill('Zoë Åkerlund');
  await accessible(page);
  await ask.getByRole('button', { name: 'Correct', exact: true }).click();
  await expect(ask).toContainText('Kept');
  await page.keyboard.press('Escape');
  await expect(people).toContainText('Corrected by');
  await expect(people).toContainText('Zoë Åkerlund');
  await expect(people).not.toContainText('Ana Ruiz');
  await page.getByRole('tab', { name: 'Text' }).click();
  await page.getByRole('button', { name: 'People' }).click();
  await expect(page.locator('.mark.person')).toHaveText(['Zoë Åkerlund']);
  // What isn't in the text is refused, in the form.
  await page.getByRole('tab', { name: 'Found in it' }).click();
  await people.getByRole('button', { name: 'Correct People' }).click();
  await page.getByRole('dialog').getByLabel('And, in words of the text').fill('Nobody Here');
  await page.getByRole('dialog').getByRole('button', { name: 'Correct', exact: true }).click();
  await expect(page.getByRole('dialog').locator('.trouble')).toHaveText('These words are not in the text.');
  await expect(page.getByLabel('And, in words of the text')).toHaveAttribute('aria-invalid', 'true');
  await accessible(page);
});

test('a corrected list tells what a later text has more', async ({ page, request }) => {
  const w = word();
  const item = (version: number, more: string) => ({
    id: w,
    version,
    headline: `Ferry ${w} runs again`,
    html: `<p>“The ferry runs again since Monday,” Ana Ruiz said in Oslo. Hannah Doyle paid for it.</p>${more}`,
  });
  const uri = await send(request, item(1, ''));
  await arrived(request, uri);
  await enter(page, 'EDITOR', at(uri, { pane: 'found' }));
  const people = page.locator('.found .facet', { hasText: 'People' });
  await people.getByRole('button', { name: 'Correct People' }).click();
  await page.getByRole('dialog').locator('.value', { hasText: 'Ana Ruiz' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Correct', exact: true }).click();
  await expect(page.getByRole('dialog')).toContainText('Kept');
  await page.keyboard.press('Escape');
  await expect(people).toContainText('Corrected by');
  await send(request, item(2, '<p>Police arrested Eve Karlsson on Friday.</p>'));
  await arrived(request, uri, 2);
  await page.reload();
  await expect(people).toContainText('The text has changed since');
  await expect(people).not.toContainText('Eve Karlsson');
  await people.getByRole('button', { name: 'Correct People' }).click();
  const ask = page.getByRole('dialog');
  await expect(ask).toContainText('found that this correction doesn’t know');
  await expect(ask.getByRole('heading')).toHaveText('Correct: People and other names');
  await ask.locator('.value', { hasText: 'Eve Karlsson' }).click();
  // Of each that is added it is said what it is.
  await ask.getByLabel('And, in words of the text').fill('Oslo');
  await expect(ask.getByLabel('Eve Karlsson is a')).toHaveValue('person');
  await ask.getByLabel('Oslo is a').selectOption('place');
  await accessible(page);
  await ask.getByRole('button', { name: 'Correct', exact: true }).click();
  await expect(ask).toContainText('Kept');
  await page.keyboard.press('Escape');
  await expect(people).toContainText('Eve Karlsson');
  await expect(people).toContainText('Hannah Doyle');
  await expect(people).not.toContainText('Oslo');
  const kinds = new Map((await known(request, uri)).article.entities?.map((e) => [e.name, e.type]));
  expect([kinds.get('Eve Karlsson'), kinds.get('Oslo')]).toEqual(['person', 'place']);
  await expect(people).not.toContainText('The text has changed since');
  await expect(people).not.toContainText('Ana Ruiz');
});

test('an editor is asked which place of a name is meant', async ({ page, request }) => {
  const w = word();
  const uri = await send(request, { id: w, headline: `Ferry ${w} runs again`, html: '<p>The ferry runs again.</p>' });
  await arrived(request, uri);
  await enter(page, 'EDITOR', at(uri, { pane: 'found' }));
  const places = page.locator('.found .facet', { hasText: 'Places' });
  await places.getByRole('button', { name: 'Correct Places' }).click();
  const ask = page.getByRole('dialog');
  await ask.getByLabel('And, in words of the text').fill('Springfield');
  const which = ask.getByLabel('Which Springfield is it?');
  await expect(async () => {
    await ask.getByRole('button', { name: 'Correct', exact: true }).click();
    await expect(which).toBeVisible({ timeout: 20_000 });
  }).toPass();
  await which.selectOption({ index: 1 });
  await accessible(page);
  await ask.getByRole('button', { name: 'Correct', exact: true }).click();
  await expect(ask).toContainText('Kept');
  await page.keyboard.press('Escape');
  await expect(places).toContainText('Springfield');
});

for (const scheme of schemes) {
  for (const [size, width, height] of sizes) {
    test(`every part of the view, ${scheme} and ${size}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height });
      await enter(page, 'OPERATOR', '/?view=operator');
      await expect(page.locator('.stage').first()).toBeVisible();
      await sound(page, scheme, size);
      await part(page, 'Sources').click();
      await expect(page.getByRole('row').nth(1)).toBeVisible();
      await sound(page, scheme, size);
      await part(page, 'Dead letters').click();
      await page.getByRole('button', { name: 'All' }).click();
      await page.locator('.letter-name').first().click();
      await expect(page.locator('.letter-text').first()).toBeVisible();
      await sound(page, scheme, size);
      await page.goBack();
      await expect(page.locator('.letter-pane')).toHaveCount(0);
    });
  }
}
