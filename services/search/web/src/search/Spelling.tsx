// What a query that finds next to nothing may have meant.
import { useQuery } from '@tanstack/react-query';
import { useAddress } from '../address';
import { chosen, keys, spelling } from '../api/search';
import { Link } from '../ui/Link';
import { plural } from '../ui/words';

export function DidYouMean() {
  const search = chosen(useAddress());
  const { data } = useQuery({
    queryKey: keys.spelling(search),
    queryFn: ({ signal }) => spelling(search, signal),
    staleTime: 60_000,
  });
  if (!data?.suggestion) return null;
  return (
    <p className="did-you-mean">
      Did you mean{' '}
      <Link to={{ q: data.suggestion }}>
        <b>{data.suggestion}</b>
      </Link>
      {data.suggestion_total ? ` (${plural(data.suggestion_total, 'article')})` : ''}?
    </p>
  );
}
