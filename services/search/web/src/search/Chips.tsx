// What narrows the search, each to be taken out.
import { useQueryClient } from '@tanstack/react-query';
import { go, useAddress } from '../address';
import type { Facet } from '../api/client';
import { facetNames, facets, filters, noFilters } from '../api/search';
import { Button } from '../ui/Button';
import { CloseIcon } from '../ui/icons';
import { dayName, valueName } from '../ui/words';

const labels = new Map<string, string>([
  ...facets.map((f) => [f.name, f.label] as const),
  ['from', 'From'],
  ['to', 'To'],
  ['said', 'Said'],
  ['amount_from', 'Amount from'],
  ['amount_to', 'Amount to'],
  ['mentioned_from', 'Mentions from'],
  ['mentioned_to', 'Mentions to'],
  ['translated', 'Translated'],
  ['evolved_from', 'Goes on from'],
  ['within', 'Part of the map'],
]);

/** What a filter's value is called. */
export function nameOf(name: string, value: string, label: string | undefined): string {
  if (facetNames.includes(name)) return valueName(name, value, label);
  if (name === 'within')
    return value
      .split(',')
      .map((d) => `${Number(d).toFixed(1)}°`)
      .join(' ');
  return dayName(value.length > 10 ? `${value.slice(0, 10)} ${value.slice(11, 16)}` : value);
}

/** The names of topics that some answer had. */
export function useTopicNames(): Map<string, string> {
  const cache = useQueryClient();
  const names = new Map<string, string>();
  for (const [, counted] of cache.getQueriesData<Facet[]>({ queryKey: ['facets'] })) {
    for (const v of counted?.find((f) => f.name === 'topic')?.values ?? []) {
      if (v.label) names.set(v.value, v.label);
    }
  }
  return names;
}

export function Chips() {
  const address = useAddress();
  const topics = useTopicNames();
  const label = (value: string) => topics.get(value);
  const all = filters.flatMap((name) => address.getAll(name).map((value) => ({ name, value })));
  if (all.length === 0) return null;
  return (
    <ul className="chips" aria-label="Filters of this search">
      {all.map(({ name, value }) => (
        <li key={`${name}\n${value}`}>
          <Button
            className="chip"
            aria-label={`Take out ${labels.get(name)} ${nameOf(name, value, label(value))}`}
            onPress={() => go({ [name]: address.getAll(name).filter((v) => v !== value) })}
          >
            <span className="chip-of">{labels.get(name)}</span> {nameOf(name, value, label(value))}
            <CloseIcon />
          </Button>
        </li>
      ))}
      {all.length > 1 && (
        <li>
          <Button className="quiet" onPress={() => go(noFilters)}>
            Take all out
          </Button>
        </li>
      )}
    </ul>
  );
}
