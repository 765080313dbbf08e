import type { Page } from '@playwright/test';
import type { Article, Segment } from '../src/api/client';
import {
  accessible,
  arrived,
  ask,
  at,
  corpus,
  expect,
  found,
  headlines,
  likeIt,
  one,
  schemes,
  send,
  sizes,
  sound,
  test,
  word,
} from './newsroom';

/** Opens an article, and waits for its text. */
async function read(page: Page, uri: string, more: Record<string, string> = {}): Promise<void> {
  await page.goto(at(uri, more));
  await expect(page.locator('.copy-headline')).toBeVisible();
}

const part = (page: Page, name: string | RegExp) => page.getByRole('tab', { name });

// What readers never see.
const hidden = new Set<Segment['kind']>(['note', 'boilerplate', 'residue', 'unknown']);

/** The words that people's names stand in, cut out of the bytes of the text by themselves. */
function namesIn(a: Article): string[] {
  const mentions = (a.entities ?? []).filter((e) => e.type === 'person').flatMap((e) => e.mentions);
  return (a.segments ?? [])
    .filter((s) => !hidden.has(s.kind))
    .flatMap((s) =>
      mentions
        .filter((m) => m.start >= s.start && m.end <= s.end)
        .map((m) =>
          Buffer.from(s.text, 'utf8')
            .subarray(m.start - s.start, m.end - s.start)
            .toString('utf8'),
        ),
    )
    .toSorted();
}

const ascii = (text: string): boolean => Buffer.byteLength(text, 'utf8') === text.length;

/** Text before a name whose letters take more than a byte each. */
const late = (a: Article): boolean =>
  namesIn(a).some((n) => !ascii(n)) && (a.segments ?? []).some((s) => s.kind === 'paragraph' && !ascii(s.text));

test('captions and credits stand apart, and notes to editors nowhere', async ({ page, request }) => {
  const a = await one(request, (x) => (x.segments ?? []).some((s) => s.kind === 'caption'));
  await read(page, a.uri);
  const captions = (a.segments ?? []).filter((s) => s.kind === 'caption');
  await expect(page.locator('.copy-picture')).toHaveCount(captions.length);
  await expect(page.locator('.copy-picture').first()).toContainText(captions[0]?.text ?? '');
  const shown = (x: Article) => (x.segments ?? []).filter((s) => !hidden.has(s.kind));
  // What is left over may say once more what stands elsewhere.
  const notes = (x: Article) =>
    (x.segments ?? []).filter((s) => hidden.has(s.kind) && !shown(x).some((v) => v.text.includes(s.text)));
  const b = await one(request, (x) => notes(x).length > 0);
  await read(page, b.uri);
  for (const s of notes(b)) await expect(page.locator('.copy')).not.toContainText(s.text);
});

test('names are marked where they stand, whatever their letters', async ({ page, request }) => {
  const a = await one(request, late);
  await read(page, a.uri);
  await expect(page.locator('.mark')).toHaveCount(0);
  await page.getByRole('button', { name: 'People' }).click();
  await expect(page).toHaveURL(/marks=person/);
  const names = namesIn(a);
  await expect(page.locator('.mark.person')).toHaveCount(names.length);
  expect((await page.locator('.mark.person').allTextContents()).toSorted()).toEqual(names);
  // What was found, how sure, and who says so.
  await page.locator('.mark.person').first().click();
  const finding = page.getByRole('dialog', { name: 'What was found' });
  await expect(finding.locator('.finding-sure')).toHaveText(/^\d+ % sure, says \S+/);
  await accessible(page);
  const name = await finding.locator('.finding-name').textContent();
  expect((a.entities ?? []).map((e) => e.name)).toContain(name);
  await finding.getByRole('link', { name: 'All articles with it' }).click();
  await expect(page.locator('.chip')).toContainText(name ?? '');
  await page.goBack();
  await expect(page.locator('.mark.person').first()).toBeVisible();
});

test('quotes have their speakers, amounts and dates what they mean', async ({ page, request }) => {
  const a = await one(
    request,
    (x) =>
      (x.quotes ?? []).some((q) => q.speaker) &&
      (x.amounts ?? []).length + (x.quantities ?? []).length > 0 &&
      (x.dates ?? []).length > 0,
  );
  await read(page, a.uri, { marks: 'quote,amount,date,place,organisation,person' });
  await expect(page.locator('.mark-quote').first()).toBeVisible();
  await expect(page.locator('.mark.amount').first()).toBeVisible();
  await expect(page.locator('.mark.date').first()).toBeVisible();
  await accessible(page);
  // Who said it stands behind what closes the quote.
  const behind = await page
    .locator('.speaker')
    .evaluateAll((chips) => chips.map((chip) => chip.nextSibling?.textContent ?? ''));
  for (const text of behind) expect(text).not.toMatch(/^[,.]?[”»]/);
  const speaker = (a.quotes ?? []).find((q) => q.speaker)?.speaker ?? '';
  await page.getByRole('button', { name: speaker, exact: true }).last().click();
  await expect(page.locator('.finding-kind')).toHaveText(/Quotes|People/);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page.locator('.copy-headline')).toBeVisible();
  await page.getByRole('button', { name: 'None' }).click();
  await expect(page.locator('.mark, .mark-quote')).toHaveCount(0);
});

test('all that was found is told, each with its evidence, and places on a map', async ({ page, request }) => {
  const a = await one(
    request,
    (x) => (x.places ?? []).some((p) => p.lat !== undefined) && (x.entities ?? []).some((e) => e.type === 'person'),
  );
  await read(page, a.uri);
  await part(page, 'Found in it').click();
  await expect(page).toHaveURL(/pane=found/);
  await expect(page.locator('.article-map .map-mark')).toHaveCount(
    (a.places ?? []).filter((p) => p.lat !== undefined).length,
  );
  const people = (a.entities ?? []).filter((e) => e.type === 'person');
  await expect(page.getByRole('button', { name: `People ${people.length}` })).toBeVisible();
  for (const p of people) await expect(page.locator('.found-main', { hasText: p.name }).first()).toBeVisible();
  for (const s of await page.locator('.found-list .sure').allTextContents()) expect(s).toMatch(/^\d+ % sure, says \S+/);
  await expect(page.locator('.found-source')).toContainText(a.uri);
});

test('each revision says what it changed, and the older ones can be read', async ({ page, request }) => {
  const w = word();
  const uri = await send(request, { id: w, headline: `Two hurt in ${w}`, text: `Two people were hurt in ${w}.` });
  await arrived(request, uri);
  await send(request, {
    id: w,
    version: 2,
    headline: `Three hurt in ${w}`,
    text: `Three people were badly hurt in ${w}.`,
  });
  await arrived(request, uri, 2);
  await read(page, uri);
  await part(page, 'Revisions (2)').click();
  await expect(page.locator('.revision')).toHaveCount(2);
  const changes = page.getByRole('region', { name: 'What changed' });
  await expect(changes.locator('.headline ins')).toHaveText(['Three']);
  await expect(changes.locator('.headline del')).toHaveText(['Two']);
  await expect(changes.locator('ins', { hasText: 'badly' })).toBeVisible();
  await accessible(page);
  await page.getByRole('link', { name: `Two hurt in ${w}`, exact: true }).click();
  await expect(page.locator('.older')).toContainText('This is an older revision');
  await expect(page.locator('.copy-headline')).toHaveText(`Two hurt in ${w}`);
  await accessible(page);
  await page.getByRole('link', { name: 'Read the newest' }).click();
  await expect(page.locator('.copy-headline')).toHaveText(`Three hurt in ${w}`);
  await page.goBack();
  await expect(page.locator('.copy-headline')).toHaveText(`Two hurt in ${w}`);
  // A third comes in while it is read.
  await page.goForward();
  await send(request, { id: w, version: 3, headline: `Four hurt in ${w}` });
  await expect(page.locator('.copy-headline')).toHaveText(`Four hurt in ${w}`);
  await expect(part(page, 'Revisions (3)')).toBeVisible();
});

test('similar articles lead on, and back', async ({ page, request }) => {
  let a: Article | undefined;
  for (const x of await corpus(request)) {
    a = x;
    if ((await likeIt(request, x.uri)) > 0) break;
  }
  if (!a) throw new Error('there is no copy');
  await read(page, a.uri);
  await part(page, 'Similar').click();
  const first = page.locator('.similar-hit a').first();
  const next = await first.textContent();
  await first.click();
  await expect(page).not.toHaveURL(new RegExp(`uri=${encodeURIComponent(a.uri)}`));
  await expect(page.locator('.copy-headline')).toHaveText(next ?? '');
  await page.goBack();
  await expect(part(page, 'Similar')).toHaveAttribute('aria-selected', 'true');
  await expect(page).toHaveURL(new RegExp(`uri=${encodeURIComponent(a.uri)}`));
});

test('it is copied as text, as ninjs and as a link, and saved as it arrived', async ({ page, request, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const w = word();
  const uri = await send(request, { id: w, headline: `Ärger in ${w}`, text: `Über ${w} wird geredet.` });
  await arrived(request, uri);
  await read(page, uri);
  const copy = async (what: string, said: string) => {
    await page.getByRole('button', { name: 'Copy and formats' }).click();
    await accessible(page);
    await page.getByRole('menuitem', { name: what }).click();
    await expect(page.locator('.said')).toHaveText(said);
    return page.evaluate(() => navigator.clipboard.readText());
  };
  expect(await copy('Copy as text', 'Text copied')).toContain(`Über ${w} wird geredet.`);
  const ninjs = JSON.parse(await copy('Copy as ninjs', 'ninjs copied'));
  expect(ninjs.uri).toContain(w);
  const link = await copy('Copy the link', 'Link copied');
  await page.getByRole('button', { name: 'Copy and formats' }).click();
  const original = await page.getByRole('menuitem', { name: 'Save as it arrived' }).getAttribute('href');
  expect(await (await request.get(original ?? '')).text()).toContain(`<p>Über ${w} wird geredet.</p>`);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('menu')).toHaveCount(0);
  await expect(page.locator('.copy-headline')).toBeVisible();
  await page.goto(link);
  await expect(page.locator('.copy-headline')).toHaveText(`Ärger in ${w}`);
});

test('it is copied also where browsers have no clipboard to ask, as over plain HTTP', async ({ page, request }) => {
  await page.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
  const w = word();
  const uri = await send(request, { id: w, headline: `Plain ${w}` });
  await arrived(request, uri);
  await read(page, uri);
  await page.getByRole('button', { name: 'Copy and formats' }).click();
  await page.getByRole('menuitem', { name: 'Copy the link' }).click();
  await expect(page.locator('.said')).toHaveText('Link copied');
  await page.locator('#q').click();
  await page.keyboard.press('ControlOrMeta+V');
  await expect(page.locator('#q')).toHaveValue(new RegExp(`uri=.*${w}`));
});

for (const [name, pane] of [
  ['what was found in it', 'found'],
  ['its revisions', 'revisions'],
] as const) {
  test(`killed, it is gone from under ${name} at once`, async ({ page, request }) => {
    const w = word();
    const uri = await send(request, { id: w, headline: `Wrong about ${w}`, text: `Secret text of ${w}.` });
    await send(request, { id: w, version: 2, headline: `Quite wrong about ${w}`, text: `Secret words of ${w}.` });
    await arrived(request, uri, 2);
    await page.goto(at(uri, { pane }));
    await expect(page.locator('.paper').getByText(new RegExp(w)).first()).toBeVisible();
    await expect(page.locator('.feed')).toHaveText('Live');
    await send(request, { id: w, version: 3, status: 'canceled' });
    await expect(page.locator('.notice.canceled')).toContainText('Killed');
    await expect(page.locator('body')).not.toContainText(/wrong about|secret/i);
    await expect(page).not.toHaveTitle(/wrong about/i);
    await expect(page.getByRole('button', { name: 'Copy and formats' })).toHaveCount(0);
    await accessible(page);
  });
}

for (const status of ['canceled', 'withheld'] as const) {
  test(`${status}, it is gone also where no feed tells of it`, async ({ page, request }) => {
    const w = word();
    const uri = await send(request, { id: w, headline: `Wrong about ${w}`, text: `Secret text of ${w}.` });
    await found(request, w, 1);
    // By relevance nothing comes in by itself.
    await read(page, uri, { q: w, sort: 'relevance' });
    await expect(headlines(page)).toHaveCount(1);
    await send(request, { id: w, version: 2, status });
    await expect(page.getByRole('heading', { name: status === 'canceled' ? 'Killed' : 'isn’t there' })).toBeVisible();
    await expect(page.locator('body')).not.toContainText(/wrong about|secret/i);
    await expect(page.getByRole('button', { name: 'Copy and formats' })).toHaveCount(0);
    await accessible(page);
  });
}

test('what is read stays while the service is away', async ({ page, request }) => {
  const w = word();
  const uri = await send(request, { id: w, headline: `Calm about ${w}` });
  await arrived(request, uri);
  await read(page, uri);
  const away = (u: URL) => u.pathname === `/v1/articles/${encodeURIComponent(uri)}`;
  let asked = 0;
  await page.route(away, (route) => {
    asked++;
    return route.fulfill({
      status: 500,
      contentType: 'application/problem+json',
      body: '{"status":500,"title":"Away"}',
    });
  });
  await expect.poll(() => asked).toBeGreaterThan(1);
  await expect(page.locator('.copy-headline')).toHaveText(`Calm about ${w}`);
});

test('what can’t be had any more stays away while the service fails', async ({ page, request }) => {
  const w = word();
  const uri = await send(request, { id: w, headline: `Wrong about ${w}`, text: `Secret text of ${w}.` });
  await arrived(request, uri);
  await read(page, uri, { q: w, sort: 'relevance' });
  let status = 404;
  let failed = 0;
  await page.route(
    (u) => u.pathname === `/v1/articles/${encodeURIComponent(uri)}`,
    (route) => {
      if (status === 500) failed++;
      return route.fulfill({
        status,
        contentType: 'application/problem+json',
        body: JSON.stringify({ type: 'about:blank', title: 'Not now', status }),
      });
    },
  );
  const pane = page.locator('.reading-pane');
  await expect(pane.getByRole('alert')).toContainText('This article isn’t there');
  status = 500;
  // The second is asked when the first was answered.
  await expect.poll(() => failed).toBeGreaterThan(1);
  await expect(pane.getByRole('alert')).toContainText('This article isn’t there');
  await expect(pane).not.toContainText(/wrong about|secret/i);
  await expect(page.getByRole('button', { name: 'Copy and formats' })).toHaveCount(0);
});

test('what isn’t there is said, and what has little stays calm', async ({ page, request }) => {
  await page.goto(at('urn:copytaster:agency:urn:test:none'));
  await expect(page.locator('.reading-pane')).toContainText('This article isn’t there');
  await accessible(page);
  const w = word();
  const uri = await send(request, { id: w, headline: `Only ${w}` });
  await arrived(request, uri);
  await read(page, uri);
  await part(page, 'Revisions').click();
  await expect(page.locator('.paper')).toContainText('It came once, and was not changed.');
  await part(page, 'Found in it').click();
  await expect(page.locator('.found-source')).toContainText(uri);
  expect((await ask(request, uri)).article.entities ?? []).toEqual([]);
  await expect(page.getByRole('button', { name: /^People/ })).toHaveCount(0);
  await accessible(page);
  await part(page, 'Similar').click();
  await expect(page.locator('.similar section')).toHaveAttribute('aria-busy', 'false');
  await accessible(page);
});

test('it is read by keys alone', async ({ page, request }) => {
  const a = await one(request, (x) => namesIn(x).length > 0);
  await page.goto('/?q=niger');
  await expect(headlines(page).first()).toBeVisible();
  await page.keyboard.press('j');
  await expect(page.locator('.copy-headline')).toBeVisible();
  await page.goBack();
  await expect(page.locator('.reading-pane')).toHaveCount(0);
  await read(page, a.uri);
  await page.keyboard.press('o');
  await expect(page.locator('.reading-pane')).toBeFocused();
  // Tab leads past the bar to the parts, arrows from one to the next.
  const tab = async (to: ReturnType<Page['locator']>) => {
    await expect(async () => {
      await page.keyboard.press('Tab');
      expect(await to.evaluate((e) => e === document.activeElement)).toBe(true);
    }).toPass({ intervals: [0] });
  };
  await tab(part(page, 'Text'));
  await page.keyboard.press('ArrowRight');
  await expect(part(page, 'Found in it')).toBeFocused();
  await expect(page).toHaveURL(/pane=found/);
  await page.keyboard.press('ArrowLeft');
  await expect(page.locator('.copy-headline')).toBeVisible();
  await tab(page.getByRole('button', { name: 'People' }));
  await page.keyboard.press('Space');
  await tab(page.locator('.mark.person').first());
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'What was found' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page.locator('.mark.person').first()).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.locator('.reading-pane')).toHaveCount(0);
});

for (const scheme of schemes) {
  for (const [size, width, height] of sizes) {
    test(`every part of it, ${scheme} and ${size}`, async ({ page, request }) => {
      const a = await one(
        request,
        (x) =>
          namesIn(x).length > 0 &&
          (x.quotes ?? []).length > 0 &&
          (x.dates ?? []).length > 0 &&
          (x.places ?? []).some((p) => p.lat !== undefined),
      );
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height });
      await read(page, a.uri, { marks: 'person,organisation,place,quote,amount,date' });
      await expect(page.locator('.mark').first()).toBeVisible();
      await sound(page, scheme, size);
      await part(page, 'Found in it').click();
      await expect(page.locator('.article-map .map-mark').first()).toBeVisible();
      await sound(page, scheme, size);
      await part(page, 'Revisions').click();
      await expect(page.locator('.revision').first()).toBeVisible();
      await sound(page, scheme, size);
      await part(page, 'Similar').click();
      await expect(page.locator('.similar section').last()).toHaveAttribute('aria-busy', 'false');
      await sound(page, scheme, size);
    });
  }
}
