// Articles that are like this one, and what it goes on from.
import { useQuery } from '@tanstack/react-query';
import { articleKeys, similar } from '../api/article';
import type { Found } from '../api/client';
import { Failed, reasonOf } from '../ui/Failed';
import { Link } from '../ui/Link';
import { scriptOf } from '../ui/script';
import { Time } from '../ui/Time';
import { useWithdrawn } from '../withdrawn';

export function Similar({ found }: { found: Found }) {
  const { uri } = found.article;
  const asked = useQuery({
    queryKey: articleKeys.similar(uri),
    queryFn: ({ signal }) => similar(uri, signal),
    // No feed tells of these: what was killed goes when they are asked for again.
    refetchInterval: 30_000,
  });
  const { data } = asked;
  const withdrawn = useWithdrawn();
  const there = <T extends { uri: string }>(all: readonly T[] | undefined): T[] =>
    (all ?? []).filter((o) => !withdrawn.has(o.uri));
  const hits = data && there(data.hits);
  const related = [
    { name: 'It goes on from', list: there(found.earlier) },
    { name: 'Others go on from it', list: there(found.later) },
  ].filter((r) => r.list.length > 0);
  return (
    <div className="similar">
      {related.map((r) => (
        <section key={r.name}>
          <h3>{r.name}</h3>
          <ul>
            {r.list.map((o) => (
              <li key={o.uri}>
                <Time at={o.sort_date} />{' '}
                <Link to={{ uri: o.uri, revision: null, pane: null }} dir="auto">
                  {o.headline ?? o.uri}
                </Link>
              </li>
            ))}
          </ul>
        </section>
      ))}
      <section aria-busy={!data && !reasonOf(asked)}>
        {related.length > 0 && <h3>Like it</h3>}
        <Failed asked={asked} />
        {hits?.length === 0 && <p className="message">Nothing is like it.</p>}
        <ul>
          {hits?.map((h) => {
            const shared = [
              ...(h.persons ?? []),
              ...(h.organisations ?? []),
              ...(h.places ?? []),
              ...(h.keyphrases ?? []),
            ];
            return (
              <li key={h.uri} className="similar-hit">
                <p className="hit-about">
                  <Time at={h.sort_date} />
                  {h.agency && <b>{h.agency}</b>}
                  <span>{h.source}</span>
                </p>
                <Link to={{ uri: h.uri, revision: null, pane: null }} {...scriptOf(h.language)}>
                  {h.headline ?? 'Without a headline'}
                </Link>
                {shared.length > 0 && <p className="aside">Both name {shared.slice(0, 6).join(', ')}</p>}
              </li>
            );
          })}
        </ul>
      </section>
    </div>
  );
}
