// The text of an article, set as a newspaper would. Foreign copy is text here, never markup.
import { Fragment, type ReactNode } from 'react';
import type { Article, Segment } from '../api/client';
import { scriptOf } from '../ui/script';
import { Words } from './Marked';

const before = new Set<Segment['kind']>(['kicker', 'headline', 'standfirst', 'byline']);
// Notes to editors, boilerplate and what is left over are not for readers.
const hidden = new Set<Segment['kind']>(['note', 'boilerplate', 'residue', 'unknown']);

export function Paper({ article }: { article: Article }) {
  const segments = (article.segments ?? []).filter((s) => !hidden.has(s.kind));
  const head = (kind: Segment['kind']) => segments.filter((s) => s.kind === kind);
  const line = (kind: Segment['kind'], between: string) =>
    head(kind).map((s, i) => (
      <Fragment key={s.start}>
        {i > 0 && between}
        <Words of={s} />
      </Fragment>
    ));
  const has = (kind: Segment['kind']) => head(kind).length > 0;
  return (
    <article className="copy" {...scriptOf(article.language)}>
      {has('kicker') && <p className="copy-kicker">{line('kicker', ' ')}</p>}
      <h2 className="copy-headline">{has('headline') ? line('headline', ' ') : 'Without a headline'}</h2>
      {head('standfirst').map((s) => (
        <p key={s.start} className="copy-standfirst">
          <Words of={s} />
        </p>
      ))}
      {has('byline') && <p className="copy-byline">{line('byline', ', ')}</p>}
      {blocks(segments.filter((s) => !before.has(s.kind)))}
    </article>
  );
}

// The dateline runs into the paragraph behind it, a credit stands under its caption.
function blocks(segments: readonly Segment[]): ReactNode[] {
  const all: ReactNode[] = [];
  for (let i = 0; i < segments.length; i++) {
    const s = segments[i];
    const next = segments[i + 1];
    if (!s) continue;
    if (s.kind === 'dateline' && next?.kind === 'paragraph') {
      all.push(
        <p key={s.start}>
          <span className="copy-dateline">
            <Words of={s} />
          </span>
          {s.after || ' '}
          <Words of={next} />
        </p>,
      );
      i++;
      continue;
    }
    if (s.kind === 'caption') {
      const credits: Segment[] = [];
      for (let n = segments[i + 1]; n?.kind === 'credit'; n = segments[i + 1]) {
        credits.push(n);
        i++;
      }
      all.push(
        <figure key={s.start} className="copy-picture">
          <figcaption>
            <Words of={s} />
            {credits.map((c) => (
              <span key={c.start} className="copy-credit">
                <Words of={c} />
              </span>
            ))}
          </figcaption>
        </figure>,
      );
      continue;
    }
    all.push(<Block key={s.start} segment={s} />);
  }
  return all;
}

function Block({ segment: s }: { segment: Segment }) {
  switch (s.kind) {
    case 'subhead':
      return (
        <h3>
          <Words of={s} />
        </h3>
      );
    case 'quote':
      return (
        <blockquote>
          <p>
            <Words of={s} />
          </p>
        </blockquote>
      );
    case 'credit':
      return (
        <p className="copy-credit">
          <Words of={s} />
        </p>
      );
    case 'dateline':
      return (
        <p className="copy-dateline">
          <Words of={s} />
        </p>
      );
    case 'signoff':
    case 'reference':
      return (
        <p className="copy-end">
          <Words of={s} />
        </p>
      );
    default:
      return (
        <p>
          <Words of={s} />
        </p>
      );
  }
}
