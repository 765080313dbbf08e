import './early';
import '@fontsource-variable/source-sans-3/wght.css';
import '@fontsource-variable/source-serif-4/wght.css';
import './ui/tokens.css';
import './ui/base.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { address } from './address';
import { makeCache } from './api/cache';
import { awaitEarly } from './search/hits';
import { Guarded } from './ui/Guarded';

// After an upgrade, parts that come on demand have other names: the page is loaded anew, once.
// The address holds its state.
const anew = 'copytaster.anew';
addEventListener('vite:preloadError', () => {
  if (sessionStorage.getItem(anew)) return;
  // Where it is the network that fails, what is there stays.
  fetch(location.href, { method: 'HEAD' }).then(
    ({ ok }) => {
      if (!ok) return;
      sessionStorage.setItem(anew, 'yes');
      location.reload();
    },
    () => undefined,
  );
});
// What the browser kept of a page that was left is of then, and perhaps of somebody who has
// logged out since.
addEventListener('pageshow', (e) => {
  if (!e.persisted) return;
  document.getElementById('page')?.remove();
  location.reload();
});

addEventListener('load', () => setTimeout(() => sessionStorage.removeItem(anew), 60_000));

/** The longest that the list's first answer is waited for before the page is shown without it, in milliseconds. */
const awaited = 150;

const place = document.getElementById('page');
if (place) {
  const cache = makeCache();
  await awaitEarly(cache, address(), awaited);
  createRoot(place).render(
    <StrictMode>
      <QueryClientProvider client={cache}>
        <Guarded>
          <App />
        </Guarded>
      </QueryClientProvider>
    </StrictMode>,
  );
}
