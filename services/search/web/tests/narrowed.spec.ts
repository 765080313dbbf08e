import { expect, found, headlines, send, settled, test, word } from './newsroom';

// Copy of these tests is dated 20 May 2024.
for (const [what, filter] of [
  ['a period', 'from=2024-05-01&to=2024-05-31'],
  ['a day', 'day=2024-05-20'],
  ['an amount in a currency', 'amount_from=1000000&currency=EUR'],
  ['a day that is mentioned', 'mentioned_from=2024-06-03&mentioned_to=2024-06-03'],
  ['a part of the map', 'within=10,59,11,60.5'],
] as const) {
  test(`new copy comes in by itself with ${what}`, async ({ page, request }) => {
    const w = word();
    const html = `<p>OSLO – The ferry ${w} runs again on 3 June 2024. It cost 4 million euros, Ana Ruiz said in Oslo.</p>`;
    await send(request, { id: `${w}-1`, headline: `Ferry ${w} one`, html });
    await found(request, `${w}&${filter}`, 1);
    await page.goto(`/?q=${w}&${filter}`);
    await settled(page);
    await expect(headlines(page)).toHaveText([`Ferry ${w} one`]);
    await expect(page.locator('.feed.open')).toBeVisible();
    await send(request, { id: `${w}-2`, headline: `Ferry ${w} two`, html: html.replaceAll('Oslo', 'Paris') });
    await send(request, { id: `${w}-3`, headline: `Ferry ${w} three`, html });
    // Which of the two is told first isn't known.
    await expect(headlines(page).filter({ hasText: `Ferry ${w} three` })).toHaveCount(1);
    await expect(page.locator('.feed')).not.toContainText('Not live');
  });
}
