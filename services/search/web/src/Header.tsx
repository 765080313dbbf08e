// The bar on top: whose page it is, the query box, what there is besides.
import { Suspense, useEffect, useRef, useState } from 'react';
import { goTo, useAddress } from './address';
import { seesEmbargoes } from './opened';
import { EarlyBox, focusBox } from './search/EarlyBox';
import { behind } from './ui/behind';
import { Anew, Guarded } from './ui/Guarded';
import { useKeys } from './ui/keys';
import { Link } from './ui/Link';

const QueryBox = behind(async () => (await import('./search/QueryBox')).QueryBox);
const Tools = behind(async () => (await import('./Tools')).Tools);

const viewNames: Record<string, string> = { operator: 'Operator’s view', embargo: 'Under embargo' };

/** What of the tools is open by itself: a key may be pressed before they are there. */
export type OpenTool = 'help' | 'saved' | undefined;

export function Header() {
  const address = useAddress();
  const view = address.get('view');
  const [tool, setTool] = useState<OpenTool>();
  // The key that leads to what is under an embargo leads back to the search that stood there.
  const before = useRef(new URLSearchParams());
  if (view !== 'embargo') before.current = address;
  const searching = view === null;
  // Who goes elsewhere leaves behind what a key asked for.
  const [last, setLast] = useState(view);
  if (last !== view) {
    setLast(view);
    setTool(undefined);
  }
  useKeys({
    '/': searching ? focusBox : undefined,
    '?': () => setTool('help'),
    s: searching ? () => setTool('saved') : undefined,
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
      {searching ? (
        <Guarded instead={<EarlyBox />}>
          <Suspense fallback={<EarlyBox />}>
            <QueryBox />
          </Suspense>
        </Guarded>
      ) : (
        <h1 className="where">{viewNames[view] ?? 'Operator’s view'}</h1>
      )}
      <nav className="tools" aria-label="Tools">
        {seesEmbargoes && (
          <Link
            className="button plain"
            to={{ view: 'embargo' }}
            fresh
            aria-current={view === 'embargo' ? 'page' : undefined}
          >
            Embargo
          </Link>
        )}
        <span className="late">
          <Guarded instead={<Anew />}>
            <Suspense fallback={<Awaited forget={() => setTool(undefined)} />}>
              <Tools open={tool} setOpen={setTool} />
            </Suspense>
          </Guarded>
        </span>
      </nav>
    </header>
  );
}

// Who went on meanwhile isn't interrupted by what a key asked for before.
function Awaited({ forget }: { forget: () => void }) {
  useEffect(() => {
    const ways = ['pointerdown', 'focusin'];
    for (const way of ways) addEventListener(way, forget);
    return () => {
      for (const way of ways) removeEventListener(way, forget);
    };
  }, [forget]);
  return null;
}
