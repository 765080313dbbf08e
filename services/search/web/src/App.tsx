import { lazy, Suspense, useSyncExternalStore } from 'react';
import { useAddress } from './address';
import { Header } from './Header';
import { SearchView } from './search/SearchView';
import { onSessionOver, sessionOver } from './session';
import './app.css';

const Operator = lazy(() => import('./operator/Operator'));
const Embargoes = lazy(() => import('./embargo/Embargoes'));

export function App() {
  const address = useAddress();
  const view = address.get('view');
  if (useSyncExternalStore(onSessionOver, sessionOver)) return <SessionOver />;
  return (
    <div className="page">
      <a className="skip" href="#main">
        To the articles
      </a>
      <Header />
      {view === 'operator' || view === 'embargo' ? (
        <Suspense fallback={<main id="main" className={view} aria-busy="true" />}>
          {view === 'operator' ? <Operator /> : <Embargoes />}
        </Suspense>
      ) : (
        <SearchView />
      )}
    </div>
  );
}

// Nothing of what was read stays on the screen of somebody who may no longer see it.
function SessionOver() {
  return (
    <main id="main">
      <div className="message" role="alert">
        <h1>You are no longer logged in</h1>
        <p>Your session has ended, or your key was changed. What you searched for stands in the address.</p>
        <p>
          <a className="button main" href={`/login?next=${encodeURIComponent(location.search.slice(1))}`}>
            Log in again
          </a>
        </p>
      </div>
    </main>
  );
}
