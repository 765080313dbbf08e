// An article of the list.
import { type ReactNode, useLayoutEffect, useRef } from 'react';
import type { Hit, Piece } from '../api/client';
import { Link } from '../ui/Link';
import { scriptOf } from '../ui/script';
import { Embargo, Time } from '../ui/Time';
import { flagNames, languageName, urgencyName } from '../ui/words';
import type { Gone } from './live';

function Pieces({ of }: { of: readonly Piece[] }): ReactNode {
  // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no other name
  return of.map((p, i) => (p.match ? <mark key={i}>{p.text}</mark> : <span key={i}>{p.text}</span>));
}

/** One text of an article, with what was found in it. */
function Text({ hit, name, otherwise = '' }: { hit: Hit; name: string; otherwise?: string | undefined }): ReactNode {
  const whole = hit.highlights?.[name]?.[0];
  return whole ? <Pieces of={whole} /> : otherwise;
}

// Under the headline stands what was found, or else how the text begins.
function snippet(hit: Hit): readonly Piece[] | undefined {
  const h = hit.highlights ?? {};
  const found = ['body', 'standfirst', 'caption', 'byline']
    .flatMap((name) => h[name] ?? [])
    .find((f) => f.some((p) => p.match));
  if (found) return found;
  if (hit.standfirst) return [{ text: hit.standfirst }];
  return h.body?.[0];
}

export function HitRow({
  hit,
  is,
  open,
  dated,
  lost,
}: {
  hit: Hit;
  is: '' | 'new' | 'changed';
  open: boolean;
  /** Its day isn't told by what stands above it. */
  dated: boolean;
  /** The row goes, and focus with it. */
  lost: (uri: string) => void;
}) {
  const at = useRef<HTMLElement>(null);
  const { uri } = hit;
  useLayoutEffect(() => {
    const row = at.current;
    return () => {
      if (row?.contains(document.activeElement)) lost(uri);
    };
  }, [uri, lost]);
  const script = scriptOf(hit.language);
  const urgent = urgencyName(hit.urgency);
  const under = snippet(hit);
  return (
    <article
      ref={at}
      className={`hit${open ? ' open' : ''}${urgent ? ` urgency-${hit.urgency}` : ''}${is ? ` ${is}` : ''}`}
      data-uri={hit.uri}
      aria-current={open ? 'true' : undefined}
    >
      <p className="hit-time">
        <Time at={hit.sort_date} form={dated ? 'long' : 'clock'} />
      </p>
      <div className="hit-main">
        <h3 className="hit-headline" {...script}>
          <Link to={{ uri: hit.uri, revision: null }}>
            {hit.kicker && (
              <span className="hit-kicker">
                <Text hit={hit} name="kicker" otherwise={hit.kicker} />{' '}
              </span>
            )}
            <Text hit={hit} name="headline" otherwise={hit.headline ?? 'Without a headline'} />
          </Link>
        </h3>
        {under && (
          <p className="hit-snippet" {...script}>
            <Pieces of={under} />
          </p>
        )}
        <p className="hit-about">
          {urgent && <span className="urgent">{urgent}</span>}
          {is !== '' && <span className="badge fresh">{is === 'new' ? 'New' : 'Updated'}</span>}
          <Embargo until={hit.embargo_until} />
          {flagNames(hit.flags).map((f) => (
            <span key={f} className="badge">
              {f}
            </span>
          ))}
          {hit.agency && <b>{hit.agency}</b>}
          <span>{hit.source}</span>
          {hit.language && <span>{languageName(hit.language)}</span>}
          {hit.dateline && <span {...script}>{hit.dateline.replace(/[\s.\-–—:]+$/, '')}</span>}
        </p>
      </div>
    </article>
  );
}

export const goneSays: Record<Gone, string> = {
  canceled: 'Killed by its source. Do not use.',
  withheld: 'Held back by its source.',
  expired: 'Its rights have ended.',
  unmatched: 'Changed, and no longer found by this search.',
};

/** In place of an article that is not found any more: nothing of it is left but that it was there. */
export function GoneRow({ reason, at }: { reason: Gone; at: string }) {
  return (
    <p className={`gone ${reason}`}>
      <span className="hit-time">
        <Time at={at} form="clock" />
      </span>
      {goneSays[reason]}
    </p>
  );
}
