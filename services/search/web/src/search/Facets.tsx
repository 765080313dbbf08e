// Filters with counts. Several values of one facet are "or", facets among themselves "and".
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button, Checkbox, CheckboxGroup, Disclosure, DisclosurePanel, Heading } from 'react-aria-components';
import { go, useAddress } from '../address';
import type { Facet } from '../api/client';
import { chosen, facetCounts, facets, keys } from '../api/search';
import { useDay } from '../ui/day';
import { Failed } from '../ui/Failed';
import { CloseIcon } from '../ui/icons';
import { now as time } from '../ui/serviceClock';
import { useStored } from '../ui/useStored';
import { number, total, valueName } from '../ui/words';
import { useHitsThere } from './hits';
import { Order } from './Order';
import { togglePanel } from './SearchView';

type Name = (typeof facets)[number]['name'];

const openAtFirst: readonly Name[] = ['agency', 'topic', 'country', 'language'];

/** How many values of a facet are shown without asking for more. */
const few = 6;

export function Facets() {
  const address = useAddress();
  const [kept, keep] = useStored('facets', openAtFirst.join());
  const open = new Set(kept.split(','));
  const search = chosen(address);
  const hits = useHitsThere(address);
  const names = facets.map((f) => f.name).filter((name) => open.has(name) || address.has(name));
  const asked = useQuery({
    queryKey: keys.facets(search, names),
    queryFn: ({ signal }) => facetCounts(search, names, signal),
    placeholderData: keepPreviousData,
    // What is read goes first: both at once would have it wait for what is counted.
    enabled: names.length > 0 && !hits.waiting && !hits.old && !hits.problem,
  });
  const { data, isPlaceholderData } = asked;
  const counted = new Map(data?.map((f) => [f.name, f]));
  return (
    <nav className="facets" aria-label="Filters" aria-busy={isPlaceholderData}>
      <div className="facets-head only-narrow">
        <h2>Filters</h2>
        <Order />
        <Button className="button plain icon" aria-label="Close the filters" onPress={() => togglePanel('filters')}>
          <CloseIcon />
        </Button>
      </div>
      <Period />
      <Failed asked={asked} />
      {facets.map((f) => (
        <Disclosure
          key={f.name}
          className="facet"
          isExpanded={open.has(f.name) || address.has(f.name)}
          onExpandedChange={(yes) => {
            if (yes) open.add(f.name);
            else open.delete(f.name);
            keep([...open].join());
          }}
        >
          <Heading level={3}>
            <Button slot="trigger" className="facet-name">
              <svg className="chevron" viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
                <path d="m3 1.5 4 3.5-4 3.5" fill="none" stroke="currentColor" strokeWidth="1.5" />
              </svg>
              {f.label}
              {address.getAll(f.name).length > 0 && (
                <span className="facet-chosen number">{address.getAll(f.name).length}</span>
              )}
            </Button>
          </Heading>
          <DisclosurePanel>
            <Values name={f.name} label={f.label} facet={counted.get(f.name)} waiting={!counted.has(f.name)} />
          </DisclosurePanel>
        </Disclosure>
      ))}
      <div className="facets-foot only-narrow">
        <Button className="button main" onPress={() => togglePanel('filters')}>
          {hits.total ? `Show ${total(hits.total)} ${hits.total.value === 1 ? 'article' : 'articles'}` : 'Show'}
        </Button>
      </div>
    </nav>
  );
}

function Values({
  name,
  label,
  facet,
  waiting,
}: {
  name: Name;
  label: string;
  facet: Facet | undefined;
  waiting: boolean;
}) {
  const address = useAddress();
  const [all, setAll] = useState(false);
  const picked = address.getAll(name);
  const values = facet?.values ?? [];
  if (waiting) return <p className="facet-none"> </p>;
  if (values.length === 0 && picked.length === 0) return <p className="facet-none">None</p>;
  const shown = all ? values : values.filter((v, i) => i < few || v.chosen);
  const most = Math.max(...values.map((v) => v.count), 1);
  return (
    <>
      <CheckboxGroup aria-label={label} value={picked} onChange={(to) => go({ [name]: to, uri: null, revision: null })}>
        {shown.map((v) => (
          <Checkbox key={v.value} value={v.value} className="value">
            <span className="box" aria-hidden="true" />
            <span className="value-name" dir="auto">
              {valueName(name, v.value, v.label)}
            </span>
            <span className="value-count number">{number(v.count)}</span>
            <meter className="value-share" min={0} max={most} value={v.count} aria-hidden="true" />
          </Checkbox>
        ))}
      </CheckboxGroup>
      {values.length > few && (
        <Button className="quiet" onPress={() => setAll(!all)}>
          {all ? 'Fewer' : `${values.length - few} more`}
        </Button>
      )}
      {all && facet?.more && <p className="facet-none">and others: search for {name}:</p>}
    </>
  );
}

const periods = [
  { name: 'Today', from: 0, to: 0 },
  { name: 'Yesterday', from: 1, to: 1 },
  { name: '7 days', from: 6, to: 0 },
];

/** The day so many days ago, as the reader's calendar has it. */
function daysAgo(n: number): string {
  const now = new Date(time());
  const day = new Date(now.getFullYear(), now.getMonth(), now.getDate() - n);
  return [day.getFullYear(), day.getMonth() + 1, day.getDate()].map((p) => String(p).padStart(2, '0')).join('-');
}

// From and to, for those who would rather write than draw.
function Period() {
  const address = useAddress();
  useDay();
  const day = (name: string) => (address.get(name) ?? '').slice(0, 10);
  return (
    <fieldset className="period">
      <legend className="unseen">Published</legend>
      <div className="periods">
        {periods.map((p) => {
          const [from, to] = [daysAgo(p.from), daysAgo(p.to)];
          const here = address.get('from') === from && address.get('to') === to;
          return (
            <Button
              key={p.name}
              className="button plain"
              aria-pressed={here}
              onPress={() => go(here ? { from: null, to: null } : { from, to, day: null })}
            >
              {p.name}
            </Button>
          );
        })}
      </div>
      <label>
        From
        <input
          type="date"
          value={day('from')}
          max={day('to') || undefined}
          onChange={(e) => go({ from: e.target.value }, { replace: true })}
        />
      </label>
      <label>
        To
        <input
          type="date"
          value={day('to')}
          min={day('from') || undefined}
          onChange={(e) => go({ to: e.target.value }, { replace: true })}
        />
      </label>
    </fieldset>
  );
}
