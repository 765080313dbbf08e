// The text of an article, set as a newspaper would. Foreign copy is text here, never markup.
import type { ReactNode } from 'react';
import type { Article, Segment } from '../api/client';

const before = new Set<Segment['kind']>(['kicker', 'headline', 'standfirst', 'byline']);
// Notes to editors, boilerplate and what is left over are not for readers.
const hidden = new Set<Segment['kind']>(['note', 'boilerplate', 'residue', 'unknown']);

export function Paper({ article }: { article: Article }) {
  const segments = (article.segments ?? []).filter((s) => !hidden.has(s.kind));
  const head = (kind: Segment['kind']) => segments.filter((s) => s.kind === kind).map((s) => s.text);
  const kicker = head('kicker').join(' ');
  const byline = head('byline').join(', ');
  return (
    <article className="copy" lang={article.language === 'und' ? undefined : article.language} dir="auto">
      {kicker && <p className="copy-kicker">{kicker}</p>}
      <h2 className="copy-headline">{head('headline').join(' ') || 'Without a headline'}</h2>
      {head('standfirst').map((text) => (
        <p key={text} className="copy-standfirst">
          {text}
        </p>
      ))}
      {byline && <p className="copy-byline">{byline}</p>}
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
          <span className="copy-dateline">{s.text}</span>
          {s.after || ' '}
          {next.text}
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
            {s.text}
            {credits.map((c) => (
              <span key={c.start} className="copy-credit">
                {c.text}
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
      return <h3>{s.text}</h3>;
    case 'quote':
      return (
        <blockquote>
          <p>{s.text}</p>
        </blockquote>
      );
    case 'credit':
      return <p className="copy-credit">{s.text}</p>;
    case 'dateline':
      return <p className="copy-dateline">{s.text}</p>;
    case 'signoff':
    case 'reference':
      return <p className="copy-end">{s.text}</p>;
    default:
      return <p>{s.text}</p>;
  }
}
