import { defineConfig } from 'vitest/config';

// What has no need of a browser or of services: npm run unit.
export default defineConfig({
  test: { include: ['unit/*.test.ts'], setupFiles: ['unit/setup.ts'], testTimeout: 120_000, unstubGlobals: true },
});
