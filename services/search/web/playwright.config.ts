import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { defineConfig } from '@playwright/test';

// The browser is the system's: nothing is downloaded.
function chromium(): string {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {
        // not there
      }
    }
  }
  throw new Error('no Chromium to test the page with: install it, on Debian with `apt-get install chromium`');
}

const minute = 60_000;

export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results',
  // One reader at a time, on machines of any speed.
  workers: 1,
  retries: 0,
  timeout: 10 * minute,
  expect: { timeout: 2 * minute },
  reporter: process.env.COPYTASTER_PAGE_REPORTER ?? 'list',
  forbidOnly: true,
  use: {
    baseURL: process.env.COPYTASTER_PAGE ?? 'http://127.0.0.1:8800',
    actionTimeout: 2 * minute,
    navigationTimeout: 2 * minute,
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    colorScheme: 'light',
    launchOptions: {
      executablePath: chromium(),
      timeout: 5 * minute,
      // Chromium refuses to sandbox for root.
      args: ['--disable-dev-shm-usage', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
    },
  },
});
