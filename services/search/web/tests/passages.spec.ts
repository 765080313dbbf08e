// Editors say which passages of the text are of which kind.
import type { APIRequestContext, Locator, Page } from '@playwright/test';
import {
  accessible,
  arrived,
  at,
  enter,
  expect,
  given,
  ask as known,
  schemes,
  send,
  sizes,
  sound,
  test,
  word,
} from './newsroom';

// A service where people log in and editors correct.
test.use({ baseURL: given('COPYTASTER_PAGE_DESK') });

const part = (page: Page) => page.locator('.found .facet', { hasText: 'Kinds of passages' });

async function form(page: Page): Promise<Locator> {
  await part(page).getByRole('button', { name: 'Correct Kinds of passages' }).click();
  await expect(page.getByRole('dialog', { name: 'Correct: Kinds of passages' })).toBeVisible();
  return page.getByRole('dialog');
}

const row = (ask: Locator, words: string) => ask.locator('.passage', { hasText: words });

/** The select of a passage, by its first words. */
const kindOf = (ask: Locator, words: string) => ask.getByRole('combobox', { name: `What is “${words}` });

const correct = (ask: Locator) => ask.getByRole('button', { name: 'Correct', exact: true }).click();

async function kept(page: Page): Promise<void> {
  await expect(page.getByRole('dialog')).toContainText('Kept');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
}

/** The words of an article that are of a kind. */
async function ofKind(request: APIRequestContext, uri: string, kind: string): Promise<string[]> {
  return ((await known(request, uri)).article.segments ?? []).filter((s) => s.kind === kind).map((s) => s.text);
}

const repairs = 'The repairs took four days, the harbour office said.';
const lines = [
  'Works go on at the pier until the end of May, and until then the ferry',
  'leaves from the old quay, where passengers may buy their tickets, too.',
];

async function article(request: APIRequestContext, w: string, version = 1, more = ''): Promise<string> {
  const uri = await send(request, {
    id: w,
    version,
    headline: `Ferry ${w} runs again`,
    html: `<p>SKARRA HARBOUR (CTN) The ferry runs again since Monday, the owners said.</p><p>${repairs}</p>${more}`,
  });
  await arrived(request, uri, version);
  return uri;
}

/** A text as wires send it, whose paragraphs have lines. */
async function wrapped(request: APIRequestContext, w: string): Promise<string> {
  const answer = await request.post(`${given('COPYTASTER_PAGE')}/v1/articles?source=agency&name=${w}.txt`, {
    headers: { 'Content-Type': 'text/plain; charset=utf-8' },
    data: `Ferry ${w} runs again\n\n${repairs}\n\n${lines.join('\n')}\nCall the harbour on Tuesday.\n`,
  });
  const { uri } = (await answer.json()).articles[0];
  await expect.poll(async () => (await known(request, uri)).article?.uri, { timeout: 300_000 }).toBe(uri);
  return uri;
}

test('an editor says what a passage is, and takes it back', async ({ page, request }) => {
  const uri = await article(request, word());
  await enter(page, 'EDITOR', at(uri, { pane: 'found' }));
  let ask = await form(page);
  await expect(kindOf(ask, repairs)).toHaveValue('paragraph');
  await accessible(page);
  // Nothing is sent as long as nothing is said.
  await correct(ask);
  await expect(ask.getByRole('alert')).toHaveText('No passage is said to be anything else yet.');
  await kindOf(ask, repairs).selectOption({ label: 'Standfirst' });
  await expect(ask.getByRole('alert')).toHaveCount(0);
  await ask.getByLabel(/^Why/).fill('it leads');
  await correct(ask);
  await kept(page);
  await expect(part(page)).toContainText('Corrected by');
  await accessible(page);
  await page.getByRole('tab', { name: 'Text' }).click();
  await expect(page.locator('.copy-standfirst')).toHaveText(repairs);
  // What was said stays when something else is said.
  await page.getByRole('tab', { name: 'Found in it' }).click();
  ask = await form(page);
  await expect(ask).toContainText('it leads');
  await expect(row(ask, repairs)).toContainText('An editor says so');
  await kindOf(ask, 'Ferry').selectOption({ label: 'Kicker, above the headline' });
  await ask.getByLabel('Only its first words').fill('Ferry');
  await correct(ask);
  await kept(page);
  await expect.poll(() => ofKind(request, uri, 'kicker')).toEqual(['Ferry']);
  expect(await ofKind(request, uri, 'standfirst')).toEqual([repairs]);
  // One is as it is found again, and then all are.
  ask = await form(page);
  await kindOf(ask, repairs).selectOption({ label: 'As it is found' });
  await correct(ask);
  await kept(page);
  await expect.poll(() => ofKind(request, uri, 'standfirst')).toEqual([]);
  expect(await ofKind(request, uri, 'kicker')).toEqual(['Ferry']);
  ask = await form(page);
  await ask.getByRole('button', { name: 'Take the correction back' }).click();
  await expect(ask).toContainText('Kept');
  await expect(ask).not.toContainText('In later revisions it holds');
  await kept(page);
  await expect.poll(() => ofKind(request, uri, 'kicker')).toEqual([]);
  await expect(part(page)).not.toContainText('Corrected by');
  ask = await form(page);
  await expect(kindOf(ask, repairs)).toHaveValue('paragraph');
  await expect(row(ask, repairs)).not.toContainText('An editor says so');
});

test('by keys alone a line of a passage is a note to editors', async ({ page, request }) => {
  const uri = await wrapped(request, word());
  await enter(page, 'EDITOR', at(uri, { pane: 'found' }));
  const opens = part(page).getByRole('button', { name: 'Correct Kinds of passages' });
  await opens.focus();
  await page.keyboard.press('Enter');
  const ask = page.getByRole('dialog');
  const divide = ask.getByRole('button', { name: /: “Works/ });
  await expect(divide).toHaveText('Line by line (3)');
  await kindOf(ask, 'Works').focus();
  await page.keyboard.press('Tab');
  await expect(divide).toBeFocused();
  await page.keyboard.press('Space');
  await expect(divide).toHaveText('As one again');
  await expect(divide).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(kindOf(ask, 'leaves from')).toBeFocused();
  await expect(kindOf(ask, 'leaves from')).toHaveValue('above');
  // Keys of the page, such as n, are those of the form here.
  await page.keyboard.press('n');
  await expect(kindOf(ask, 'leaves from')).toHaveValue('note');
  // What is behind stays what it is.
  await page.keyboard.press('Tab');
  await expect(kindOf(ask, 'Call the')).toBeFocused();
  await expect(kindOf(ask, 'Call the')).toHaveValue('paragraph');
  await expect(row(ask, 'leaves from')).toHaveClass(/changed/);
  await expect(row(ask, 'Call the')).not.toHaveClass(/changed/);
  await accessible(page);
  await page.keyboard.press('Tab');
  await expect(ask.getByLabel(/^Why/)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(ask).toContainText('Kept');
  await page.keyboard.press('Enter');
  await expect(ask).toHaveCount(0);
  await expect(opens).toBeFocused();
  await expect(part(page)).toContainText('Corrected by');
  expect(await ofKind(request, uri, 'note')).toEqual([lines[1]]);
  expect(await ofKind(request, uri, 'paragraph')).toEqual([repairs, lines[0], 'Call the harbour on Tuesday.']);
  // Notes are not for readers.
  await page.getByRole('tab', { name: 'Text' }).click();
  await expect(page.locator('.copy')).toContainText('Call the harbour');
  await expect(page.locator('.copy')).not.toContainText('leaves from');
});

test('the first words of a passage are its dateline, and others are refused', async ({ page, request }) => {
  const uri = await article(request, word());
  await enter(page, 'EDITOR', at(uri, { pane: 'found' }));
  const ask = await form(page);
  await kindOf(ask, repairs).selectOption({ label: 'Dateline' });
  const words = ask.getByLabel('Only its first words');
  await words.fill('harbour');
  await ask.getByLabel(/^Why/).focus();
  await expect(words).toHaveAttribute('aria-invalid', 'false'); // until it is about to be sent
  await correct(ask);
  await expect(ask.getByRole('alert')).toHaveText('The words of a passage stand elsewhere in it.');
  await expect(words).toBeFocused();
  await expect(words).toHaveAttribute('aria-invalid', 'true');
  await expect(row(ask, repairs)).toContainText('doesn’t begin with these words');
  await accessible(page);
  await words.fill('The repairs');
  await expect(words).toHaveAttribute('aria-invalid', 'false');
  await correct(ask);
  await kept(page);
  await expect.poll(() => ofKind(request, uri, 'dateline')).toContain('The repairs');
  expect(await ofKind(request, uri, 'paragraph')).toContain('took four days, the harbour office said.');
});

test('what the service refuses, and what somebody else said meanwhile, is told', async ({ page, request }) => {
  const uri = await wrapped(request, word());
  await enter(page, 'EDITOR', at(uri, { pane: 'found' }));
  let ask = await form(page);
  await kindOf(ask, 'Works').selectOption({ label: 'Sign-off' });
  await ask.getByLabel('Only its last words').fill('on Tuesday.');
  await correct(ask);
  await kept(page);
  await expect(part(page)).toContainText('Corrected by');
  // Where the sign-off is no passage any more, what is in front of it is a part of one.
  ask = await form(page);
  await kindOf(ask, 'Works').selectOption('note');
  await kindOf(ask, 'on Tuesday.').selectOption('found');
  await correct(ask);
  await expect(ask.getByRole('alert')).toContainText('is a part of a segment');
  await accessible(page);
  // What was chosen stays, to be put right.
  await expect(kindOf(ask, 'Works')).toHaveValue('note');
  const other = await request.put(
    `/v1/articles/${encodeURIComponent(uri)}/overrides/language?reason=${encodeURIComponent('the other one')}`,
    {
      headers: { Authorization: `Bearer ${given('COPYTASTER_PAGE_EDITOR')}`, 'If-Match': '*' },
      data: JSON.stringify('de'),
    },
  );
  expect(other.status(), await other.text()).toBe(200);
  await expect(ask).toContainText('It changed meanwhile');
  await accessible(page);
  await ask.getByRole('button', { name: 'Look at what stands now' }).click();
  // The passages are the same: so is what was chosen, also for who leaves the form and comes back.
  await expect(kindOf(ask, 'Works')).toHaveValue('note');
  await ask.getByLabel(/^Why/).fill('for the desk');
  await page.keyboard.press('Escape');
  await expect(ask).toHaveCount(0);
  ask = await form(page);
  await expect(kindOf(ask, 'Works')).toHaveValue('note');
  await expect(ask.getByLabel(/^Why/)).toHaveValue('for the desk');
  await ask.getByRole('button', { name: 'Cancel' }).click();
  ask = await form(page);
  await expect(kindOf(ask, 'Works')).toHaveValue('paragraph');
  await expect(kindOf(ask, 'on Tuesday.')).toHaveValue('signoff');
  // What is said of passages themselves begins anew.
  await kindOf(ask, 'Works').selectOption('note');
  const passages = await request.put(`/v1/articles/${encodeURIComponent(uri)}/overrides/segments`, {
    headers: { Authorization: `Bearer ${given('COPYTASTER_PAGE_EDITOR')}`, 'If-Match': '*' },
    data: JSON.stringify([{ text: repairs, kind: 'caption' }]),
  });
  expect(passages.status(), await passages.text()).toBe(200);
  await expect(ask).toContainText('It changed meanwhile');
  await ask.getByRole('button', { name: 'Look at what stands now' }).click();
  await expect(kindOf(ask, repairs)).toHaveValue('caption');
  await expect(kindOf(ask, 'Works')).toHaveValue('paragraph');
});

test('what was said of words that are gone is kept for when they are again', async ({ page, request }) => {
  const w = word();
  const uri = await article(request, w, 1, '<p>All went well.</p>');
  await enter(page, 'EDITOR', at(uri, { pane: 'found' }));
  let ask = await form(page);
  await kindOf(ask, 'All went').selectOption('caption');
  await kindOf(ask, repairs).selectOption('subhead');
  await correct(ask);
  await kept(page);
  await article(request, w, 2);
  await page.reload();
  ask = await form(page);
  await expect(ask.getByRole('group', { name: /^Said of words that aren’t in the text/ })).toContainText(
    'Caption: All went well.',
  );
  await accessible(page);
  await kindOf(ask, repairs).selectOption('found');
  await correct(ask);
  await kept(page);
  await expect.poll(() => ofKind(request, uri, 'subhead')).toEqual([]);
  await article(request, w, 3, '<p>All went well.</p>');
  expect(await ofKind(request, uri, 'caption')).toEqual(['All went well.']);
});

test('what somebody else said is there, also of an article that the list lacks', async ({ page, request }) => {
  const uri = await article(request, word());
  await enter(page, 'EDITOR', at(uri, { q: word(), pane: 'found' }));
  await expect(page.getByRole('button', { name: 'Correct Kinds of passages' })).toBeVisible();
  const other = await request.put(`/v1/articles/${encodeURIComponent(uri)}/overrides/segments`, {
    headers: { Authorization: `Bearer ${given('COPYTASTER_PAGE_EDITOR')}`, 'If-Match': '*' },
    data: JSON.stringify([{ text: repairs, kind: 'caption' }]),
  });
  expect(other.status(), await other.text()).toBe(200);
  await expect(part(page)).toContainText('Corrected by');
  const ask = await form(page);
  await expect(kindOf(ask, repairs)).toHaveValue('caption');
  await expect(row(ask, repairs)).toContainText('An editor says so');
});

test('of a long text more is shown on demand, and focus goes on with it', async ({ page, request }) => {
  const more = Array.from({ length: 110 }, (_, i) => `<p>Ship number ${i + 1} left the harbour on time.</p>`);
  const uri = await article(request, word(), 1, more.join(''));
  await enter(page, 'EDITOR', at(uri, { pane: 'found' }));
  const ask = await form(page);
  await expect(ask.locator('.passage')).toHaveCount(100);
  const button = ask.getByRole('button', { name: /^Show more/ });
  await button.focus();
  await page.keyboard.press('Enter');
  await expect(button).toHaveCount(0);
  await expect(ask.locator('.passage').nth(100).getByRole('combobox')).toBeFocused();
  await kindOf(ask, 'Ship number 110 ').selectOption('note');
  await correct(ask);
  await kept(page);
  await expect.poll(() => ofKind(request, uri, 'note')).toEqual(['Ship number 110 left the harbour on time.']);
});

test.describe('under fingers', () => {
  test.use({ hasTouch: true, isMobile: true });

  test('what can be pressed is large', async ({ page, request }) => {
    const uri = await wrapped(request, word());
    await enter(page, 'EDITOR', at(uri, { pane: 'found' }));
    const ask = await form(page);
    for (const one of await ask.locator('.passage-is select, .passage-is button').all())
      expect((await one.boundingBox())?.height).toBeGreaterThanOrEqual(40);
  });
});

test('an older revision, and who may not, has no form', async ({ page, request }) => {
  const w = word();
  const uri = await article(request, w);
  const { revision } = (await known(request, uri)).article;
  await article(request, w, 2, '<p>All went well.</p>');
  await enter(page, 'EDITOR', at(uri, { pane: 'found', revision: String(revision) }));
  await expect(page.getByRole('button', { name: 'Correct Agency' })).toBeVisible();
  await expect(part(page)).toContainText('Headline');
  await expect(page.getByRole('button', { name: 'Correct Kinds of passages' })).toHaveCount(0);
  await enter(page, 'READER', at(uri, { pane: 'found' }));
  await expect(part(page)).toContainText('Headline');
  await expect(page.getByRole('button', { name: /^Correct/ })).toHaveCount(0);
});

for (const scheme of schemes) {
  for (const [size, width, height] of sizes) {
    test(`the form, ${scheme} and ${size}`, async ({ page, request }) => {
      const uri = await wrapped(request, word());
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height });
      await enter(page, 'EDITOR', at(uri, { pane: 'found' }));
      const ask = await form(page);
      await ask.getByRole('button', { name: /: “Works/ }).click();
      await kindOf(ask, 'Call the').selectOption('note');
      await kindOf(ask, repairs).selectOption('dateline');
      await sound(page, scheme, size);
      // What can be pressed is large enough, and wholly in the form.
      const frame = await ask.boundingBox();
      for (const one of await ask.locator('select, input, button').all()) {
        const box = await one.boundingBox();
        expect(box?.height).toBeGreaterThanOrEqual(24);
        expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual((frame?.x ?? 0) + (frame?.width ?? 0));
      }
    });
  }
}
