// The pictures of the README, and those of the main states to look at: make screens.
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, rows, settled, test } from './newsroom';

const folder = process.env.COPYTASTER_PAGE_SCREENS;

test.skip(!folder, 'only for make screens');

async function shoot(page: Page, name: string): Promise<void> {
  await settled(page);
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: join(folder ?? '', `${name}.png`), animations: 'disabled' });
}

/** Reads the article that a search finds first. */
async function read(page: Page, search: string): Promise<void> {
  await page.goto(`/?q=${encodeURIComponent(search)}`);
  await rows(page).first().click();
  await expect(page.locator('.copy-headline')).toBeVisible();
}

for (const scheme of ['light', 'dark'] as const) {
  for (const [size, width, height] of [
    ['wide', 1440, 900],
    ['narrow', 390, 844],
  ] as const) {
    test(`${size}, ${scheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height });
      await page.goto('/');
      await expect(rows(page).first()).toBeVisible();
      await shoot(page, `latest-${size}-${scheme}`);
      await read(page, 'niger');
      await shoot(page, `article-${size}-${scheme}`);
      await page.goto('/?show=timeline,map');
      await expect(page.locator('.timeline-bar').first()).toBeVisible();
      await expect(page.locator('.map-mark').first()).toBeVisible();
      await expect(page.locator('.map-land').first()).toBeAttached();
      await shoot(page, `map-${size}-${scheme}`);
    });
  }
}
