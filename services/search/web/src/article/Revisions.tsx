// The revisions of an article, and what each says otherwise than the one before.
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { articleKeys, type Difference, difference } from '../api/article';
import type { Found } from '../api/client';
import { Button } from '../ui/Button';
import { Failed } from '../ui/Failed';
import { Link } from '../ui/Link';
import { scriptOf } from '../ui/script';
import { Time } from '../ui/Time';

export function Revisions({ found }: { found: Found }) {
  const all = found.revisions;
  const { language } = found.article;
  const [compared, setCompared] = useState<string | undefined>(all.length > 1 ? all[0]?.revision : undefined);
  const before = all[all.findIndex((r) => r.revision === compared) + 1];
  return (
    <div className="revisions">
      <ol className="revision-list">
        {all.map((r, i) => (
          <li key={r.revision} className={r.revision === found.article.revision ? 'revision here' : 'revision'}>
            <Time at={r.version_created ?? r.received_at} />
            <Link to={{ revision: i === 0 ? null : r.revision, pane: null }} {...scriptOf(language)}>
              {r.headline ?? 'Without a headline'}
            </Link>
            {r.same_text ? (
              <span className="aside">Same text</span>
            ) : (
              i + 1 < all.length && (
                <Button
                  className="quiet"
                  aria-pressed={compared === r.revision}
                  onPress={() => setCompared(r.revision)}
                >
                  What changed
                </Button>
              )
            )}
          </li>
        ))}
      </ol>
      {found.more_revisions && <p className="aside">There are older ones.</p>}
      {all.length < 2 && <p className="message">It came once, and was not changed.</p>}
      {compared && before && (
        <Changes uri={found.article.uri} from={before.revision} to={compared} language={language} />
      )}
    </div>
  );
}

function Changes({ uri, from, to, language }: { uri: string; from: string; to: string; language: string | undefined }) {
  const asked = useQuery({
    queryKey: articleKeys.difference(uri, from, to),
    queryFn: ({ signal }) => difference(uri, from, to, signal),
    staleTime: 60_000,
  });
  const { data } = asked;
  return (
    <section className="changes" aria-label="What changed" aria-busy={!data}>
      <Failed asked={asked} />
      {data && <Texts of={data} language={language} />}
    </section>
  );
}

function Texts({ of: d, language }: { of: Difference; language: string | undefined }) {
  if (d.segments.every((s) => s.change === 'equal')) return <p>No word of the text changed.</p>;
  return (
    <>
      <p className="aside">
        From <Time at={d.from.version_created ?? d.from.received_at} /> to{' '}
        <Time at={d.to.version_created ?? d.to.received_at} />
        {d.coarse && '; too much changed to compare all of it word by word'}
      </p>
      {d.segments.map((s, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: segments have no other name
        <p key={i} className={`change ${s.kind}`} {...scriptOf(language)}>
          {s.runs.map((r, n) => {
            // biome-ignore lint/suspicious/noArrayIndexKey: nor have runs
            if (r.change === 'insert') return <ins key={n}>{r.text}</ins>;
            // biome-ignore lint/suspicious/noArrayIndexKey: nor have runs
            if (r.change === 'delete') return <del key={n}>{r.text}</del>;
            // biome-ignore lint/suspicious/noArrayIndexKey: nor have runs
            return <span key={n}>{r.text}</span>;
          })}
        </p>
      ))}
    </>
  );
}
