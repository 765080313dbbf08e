// In place of an article that is told here no more: it is out, or something else became of it,
// which the search knows as it does for everybody.
import { useQuery } from '@tanstack/react-query';
import { keys, told } from '../api/search';
import { goneSays } from '../search/HitRow';
import { Link } from '../ui/Link';
import { scriptOf } from '../ui/script';
import { serviceNow } from '../ui/serviceClock';
import { Time } from '../ui/Time';
import type { Gone } from './ahead';

/** How often it is looked at again, in milliseconds: what is out may be killed. */
const every = 30_000;

export function Over({ gone }: { gone: Gone }) {
  const { data } = useQuery({
    queryKey: keys.article(gone.uri, null),
    queryFn: ({ signal }) => told(gone.uri, null, signal),
    staleTime: 0,
    refetchInterval: every,
  });
  const ended = Date.parse(gone.until) <= (serviceNow() ?? 0);
  const hidden = data !== undefined && 'refused' in data && data.refused.problem.status === 404;
  const article = data && 'article' in data ? data.article : undefined;
  const out = article?.status === 'usable' ? article : undefined;
  return (
    <div className="hit ended">
      <p className="hit-time">
        <Time at={gone.until} form="clock" />
      </p>
      <div className="hit-main">
        {out && (
          <h3 className="hit-headline" {...scriptOf(out.language)}>
            <Link fresh to={{ uri: gone.uri }}>
              {out.headline ?? 'Without a headline'}
            </Link>
          </h3>
        )}
        <p className="hit-about">
          {out && ended ? (
            <span className="embargo over">
              Embargo ended <Time at={gone.until} form="clock" />
            </span>
          ) : (
            <span>{says(out !== undefined, ended, hidden, article?.status)}</span>
          )}
        </p>
      </div>
    </div>
  );
}

function says(out: boolean, ended: boolean, hidden: boolean, status: string | undefined): string {
  if (out) return 'Out before its time.';
  if (status === 'canceled') return goneSays.canceled;
  if (!hidden) return 'Not here any more.';
  return ended
    ? 'Not to be used: killed, or held back.'
    : 'Not to be used: killed, held back, or moved to a later time.';
}
