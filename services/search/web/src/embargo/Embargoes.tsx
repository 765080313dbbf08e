// What is under an embargo, for those who may see it, with the text of one article beside the
// list. Loaded on demand: readers never pay for it.
import { useEffect, useRef } from 'react';
import { address as current, go, useAddress } from '../address';
import { ApiError, type Article } from '../api/client';
import { seesEmbargoes } from '../opened';
import { Button } from '../ui/Button';
import { useKeys } from '../ui/keys';
import { Link } from '../ui/Link';
import { scriptOf } from '../ui/script';
import { useServiceSecond } from '../ui/second';
import { dayHeading, Embargo, Time } from '../ui/Time';
import { flagNames, languageName, plural, urgencyName } from '../ui/words';
import { type Ahead, useAhead } from './ahead';
import { Over } from './Over';
import { Pane } from './Pane';
import '../search/search.css';
import './embargo.css';

export default function Embargoes() {
  if (!seesEmbargoes) {
    return (
      <main id="main" className="embargoes" tabIndex={-1}>
        <section className="message">
          <h2>Not for everybody</h2>
          <p>
            What is under an embargo is shown here to those who prepare it. It takes a key, or a role, with the scope
            “embargo”, and a service that is told to show it.
          </p>
        </section>
      </main>
    );
  }
  return <Waiting />;
}

function Waiting() {
  const address = useAddress();
  const ahead = useAhead();
  const uri = address.get('uri');
  useListKeys(ahead.articles, uri);
  useEffect(() => {
    document.title = 'Under embargo – Copytaster';
  }, []);
  return (
    <div className={`embargoes${uri ? ' reading' : ''}`}>
      <main id="main" className="results" tabIndex={-1}>
        <div className="bar">
          <h2 className="count">{ahead.pending ? 'Articles' : plural(ahead.articles.length, 'article')}</h2>
          <span className="grow" />
          <ServiceTime />
        </div>
        <List ahead={ahead} uri={uri} />
      </main>
      {uri && <Pane key={uri} uri={uri} ahead={ahead} />}
    </div>
  );
}

// By this clock the embargoes run, whatever the reader's own says.
function ServiceTime() {
  const now = useServiceSecond();
  if (now === undefined) return null;
  return <span className="feed">{new Date(now * 1000).toISOString().slice(11, 19)} UTC</span>;
}

function List({ ahead, uri }: { ahead: Ahead; uri: string | null }) {
  const { articles, gone } = ahead;
  return (
    <div className="list" aria-busy={ahead.pending}>
      <Trouble ahead={ahead} />
      {!ahead.pending && !ahead.error && !ahead.stale && articles.length === 0 && gone.length === 0 && (
        <section className="message">
          <h3>Nothing is under an embargo</h3>
          <p>What comes in with one stands here until its time.</p>
        </section>
      )}
      {gone.length > 0 && (
        <ol className="hits" aria-label="Not under an embargo any more">
          {gone.map((g) => (
            <li key={g.uri}>
              <Over gone={g} />
            </li>
          ))}
        </ol>
      )}
      {articles.length > 0 && (
        <ol className="hits" aria-label="Under an embargo">
          {articles.map((a, i) => (
            <li key={a.uri}>
              {!ofOneDay(a, articles[i - 1]) && <p className="day">{dayHeading(a.embargo_until)}</p>}
              <Row article={a} open={a.uri === uri} />
            </li>
          ))}
        </ol>
      )}
      {ahead.more && (
        <div className="more">
          <Button className="button" onPress={ahead.more}>
            More
          </Button>
        </div>
      )}
    </div>
  );
}

function ofOneDay(a: Article, b: Article | undefined): boolean {
  return b !== undefined && dayHeading(a.embargo_until) === dayHeading(b.embargo_until);
}

function Trouble({ ahead }: { ahead: Ahead }) {
  const { error, stale } = ahead;
  if (!error && !stale) return null;
  const off = error instanceof ApiError && error.problem.status === 404;
  const title = off ? 'Turned off here' : error instanceof ApiError ? error.problem.title : 'Something failed';
  return (
    <section className="message" role="alert">
      <h3>{error ? title : 'The service doesn’t answer'}</h3>
      <p>{off ? 'This service isn’t told to show what is under an embargo: set search-embargoes.' : error?.message}</p>
      {stale && <p>Whether what was here still waits isn’t known. It stands here again when the service answers.</p>}
      {!off && (
        <p>
          <Button className="button" onPress={ahead.again}>
            Try again
          </Button>
        </p>
      )}
    </section>
  );
}

function Row({ article: a, open }: { article: Article; open: boolean }) {
  const urgent = urgencyName(a.urgency);
  return (
    <article
      className={`hit${open ? ' open' : ''}${urgent ? ` urgency-${a.urgency}` : ''}`}
      data-uri={a.uri}
      aria-current={open ? 'true' : undefined}
    >
      <p className="hit-time">
        <Time at={a.embargo_until} form="clock" />
      </p>
      <div className="hit-main">
        <h3 className="hit-headline" {...scriptOf(a.language)}>
          <Link to={{ uri: a.uri }}>
            {a.kicker && <span className="hit-kicker">{a.kicker} </span>}
            {a.headline ?? 'Without a headline'}
          </Link>
        </h3>
        <p className="hit-about">
          <Embargo until={a.embargo_until} />
          {urgent && <span className="urgent">{urgent}</span>}
          {flagNames(a.flags).map((f) => (
            <span key={f} className="badge">
              {f}
            </span>
          ))}
          {a.agency && <b>{a.agency}</b>}
          <span>{a.source}</span>
          {a.language && <span>{languageName(a.language)}</span>}
        </p>
      </div>
    </article>
  );
}

// As in the search: j and k go through the list, o to the text of what is open.
function useListKeys(articles: readonly Article[], uri: string | null): void {
  const shown = useRef(articles);
  shown.current = articles;
  const focused = () => document.activeElement?.closest<HTMLElement>('[data-uri]')?.dataset.uri;
  const step = (by: 1 | -1) => {
    const all = shown.current;
    const at = all.findIndex((a) => a.uri === (current().get('uri') ?? focused()));
    const next = all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)];
    if (!next) return;
    const link = document.querySelector<HTMLElement>(`[data-uri="${CSS.escape(next.uri)}"] a`);
    link?.focus({ preventScroll: true });
    link?.closest('li')?.scrollIntoView({ block: 'nearest' });
    // Beside the list the article follows; where it would cover it, only on demand.
    if (matchMedia('(min-width: 64rem)').matches) go({ uri: next.uri }, { replace: current().has('uri') });
  };
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    o: () => {
      const to = current().get('uri') ?? focused();
      if (!to) return;
      go({ uri: to });
      requestAnimationFrame(() => document.querySelector<HTMLElement>('.reading-pane')?.focus());
    },
    Escape: uri ? () => go({ uri: null }) : undefined,
  });
}
