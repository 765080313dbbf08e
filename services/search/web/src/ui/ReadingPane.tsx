// The frame of what is read beside a list, and in its place where there is no room for both.
import { type ReactNode, useEffect, useRef } from 'react';
import { BackIcon, CloseIcon } from './icons';
import { Link } from './Link';
import { useMedia } from './media';

/** Closing takes `revision` out of the address, too, where it may have one. */
const closed = { uri: null, revision: null };

export function ReadingPane({ actions, children }: { actions: ReactNode; children: ReactNode }) {
  const pane = useRef<HTMLElement>(null);
  const covers = useMedia('(max-width: 63.99rem)');
  useEffect(() => {
    if (covers) pane.current?.focus();
  }, [covers]);
  return (
    <section
      className="reading-pane"
      role={covers ? 'main' : 'complementary'}
      aria-label="Article"
      ref={pane}
      tabIndex={-1}
    >
      {covers && <h1 className="unseen">Article</h1>}
      <div className="reading-bar">
        <Link className="button plain back" to={closed}>
          <BackIcon /> List
        </Link>
        <span className="grow" />
        {actions}
        <Link className="button plain icon close" to={closed} aria-label="Close the article">
          <CloseIcon />
        </Link>
      </div>
      {children}
    </section>
  );
}
