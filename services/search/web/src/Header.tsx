// The bar on top: whose page it is, the query box, what there is besides.
import { Suspense, useRef } from 'react';
import { goTo, useAddress } from './address';
import { seesEmbargoes } from './opened';
import { behind } from './ui/behind';
import { useKeys } from './ui/keys';
import { Link } from './ui/Link';
import './search/query.css';

const QueryBox = behind(async () => (await import('./search/QueryBox')).QueryBox);
const Tools = behind(async () => (await import('./Tools')).Tools);

const viewNames: Record<string, string> = { operator: 'Operator’s view', embargo: 'Under embargo' };

export function Header() {
  const address = useAddress();
  const view = address.get('view');
  // The key that leads to what is under an embargo leads back to the search that stood there.
  const before = useRef(new URLSearchParams());
  if (view !== 'embargo') before.current = address;
  useKeys({
    e: seesEmbargoes
      ? () => goTo(view === 'embargo' ? before.current : new URLSearchParams({ view: 'embargo' }))
      : undefined,
  });
  return (
    <header className="masthead">
      <p className="brand">
        <Link to={{}} fresh>
          Copytaster
        </Link>
      </p>
      {view === null ? (
        <Suspense fallback={<div className="query query-field" />}>
          <QueryBox />
        </Suspense>
      ) : (
        <h1 className="where">{viewNames[view] ?? 'Operator’s view'}</h1>
      )}
      <nav className="tools" aria-label="Tools">
        <Suspense>
          <Tools />
        </Suspense>
      </nav>
    </header>
  );
}
