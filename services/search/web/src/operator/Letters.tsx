// Dead letters: what could not be handled, why, and the way back.
import { useInfiniteQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { Checkbox } from 'react-aria-components';
import { go, useAddress } from '../address';
import {
  type Letter as DeadLetter,
  letterFilters,
  letters,
  listsEvery,
  maxRedriven,
  operatorKeys,
  turnedOff,
} from '../api/operator';
import { Button } from '../ui/Button';
import { Failed } from '../ui/Failed';
import { Link } from '../ui/Link';
import { Time } from '../ui/Time';
import { plural } from '../ui/words';
import { LetterView } from './LetterView';
import { Redrive } from './Redrive';

const states = [
  { value: 'open', label: 'Open' },
  { value: 'handled', label: 'Handled' },
  { value: 'all', label: 'All' },
];

export function Letters() {
  const address = useAddress();
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const asked = useInfiniteQuery({
    queryKey: operatorKeys.letters(address),
    queryFn: ({ pageParam, signal }) => letters(address, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    refetchInterval: listsEvery,
  });
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = asked;
  const all = data?.pages.flatMap((p) => p.letters) ?? [];
  const sendable = all.filter((l) => l.whole);
  const chosen = sendable.filter((l) => picked.has(l.letter)).map((l) => l.letter);
  const list = useRef<HTMLUListElement>(null);
  const open = address.get('letter');
  const pick = (place: string, yes: boolean) => {
    const next = new Set(picked);
    if (yes) next.add(place);
    else next.delete(place);
    setPicked(next);
  };
  return (
    <div className={open ? 'letters with-letter' : 'letters'}>
      <section className="letters-side" aria-label="Dead letters">
        <Filters />
        <div className="letters-bar">
          <Checkbox
            className="value"
            isSelected={chosen.length > 0 && chosen.length === sendable.length}
            isIndeterminate={chosen.length > 0 && chosen.length < sendable.length}
            isDisabled={sendable.length === 0}
            onChange={(yes) => setPicked(new Set(yes ? sendable.slice(0, maxRedriven).map((l) => l.letter) : []))}
          >
            <span className="box" aria-hidden="true" />
            <span className="value-name">
              {data ? `${plural(all.length, 'letter')}${hasNextPage ? ' shown' : ''}` : 'Dead letters'}
            </span>
          </Checkbox>
          <Redrive
            letters={chosen.slice(0, maxRedriven)}
            done={() => {
              setPicked(new Set());
              list.current?.focus(); // the button has nothing to do any more
            }}
          />
        </div>
        {sendable.length > maxRedriven && chosen.length === maxRedriven && (
          <p className="aside letters-most">The first {maxRedriven} are chosen: more can’t be sent back at once.</p>
        )}
        <Failed asked={asked} missing={turnedOff} />
        {data && all.length === 0 && !hasNextPage && <p className="part-wait">No dead letter is like that.</p>}
        <ul className="letters-list" ref={list} tabIndex={-1}>
          {all.map((l) => (
            <Row key={l.letter} letter={l} open={l.letter === open} picked={picked.has(l.letter)} pick={pick} />
          ))}
        </ul>
        {hasNextPage && (
          <p className="letters-more">
            <Button className="button" isDisabled={isFetchingNextPage} onPress={() => void fetchNextPage()}>
              {all.length === 0 ? 'Look further back' : 'Older ones'}
            </Button>
          </p>
        )}
      </section>
      {open && <LetterView place={open} />}
    </div>
  );
}

function Row({
  letter: l,
  open,
  picked,
  pick,
}: {
  letter: DeadLetter;
  open: boolean;
  picked: boolean;
  pick: (place: string, yes: boolean) => void;
}) {
  const what = l.headline ?? l.uri ?? l.url ?? l.excerpt ?? l.letter;
  return (
    <li className={open ? 'letter open' : 'letter'}>
      <Checkbox
        className="value"
        aria-label={`Choose ${what}`}
        isSelected={picked}
        isDisabled={!l.whole}
        onChange={(yes) => pick(l.letter, yes)}
      >
        <span className="box" aria-hidden="true" />
      </Checkbox>
      <div className="letter-what">
        <p className="letter-about">
          <Time at={l.at} />
          {l.stage && <span>{l.stage}</span>}
          {l.source && <span>{l.source}</span>}
          {l.state !== 'open' && <span className="verdict soft">{l.state}</span>}
          {!l.whole && <span className="verdict bad">can’t be sent back</span>}
        </p>
        <Link to={{ letter: l.letter }} aria-current={open ? 'true' : undefined} className="letter-name" dir="auto">
          {what}
        </Link>
        <p className="letter-reason">{l.reason}</p>
      </div>
    </li>
  );
}

function Filters() {
  const address = useAddress();
  const state = address.get('state') ?? 'open';
  const others = (Object.keys(letterFilters) as (keyof typeof letterFilters)[]).filter(
    (f) => f !== 'state' && f !== 'reason' && address.get(f),
  );
  return (
    <form
      className="letters-filters"
      onSubmit={(e) => {
        e.preventDefault();
        go({ reason: String(new FormData(e.currentTarget).get('reason') ?? '').trim() });
      }}
    >
      <fieldset className="letters-states" aria-label="State">
        {states.map((s) => (
          <Button
            key={s.value}
            className="button plain"
            aria-pressed={state === s.value}
            onPress={() => go({ state: s.value === 'open' ? null : s.value })}
          >
            {s.label}
          </Button>
        ))}
      </fieldset>
      <label className="letters-reason">
        <span className="unseen">Reason holds</span>
        <input
          key={address.get('reason') ?? ''}
          name="reason"
          type="search"
          maxLength={200}
          placeholder="Reason holds…"
          defaultValue={address.get('reason') ?? ''}
        />
      </label>
      {others.map((f) => (
        <Button
          key={f}
          className="button"
          aria-label={`Whatever ${letterFilters[f]}, not only ${address.get(f)}`}
          onPress={() => go({ [f]: null })}
        >
          {letterFilters[f]}: {address.get(f)} ×
        </Button>
      ))}
    </form>
  );
}
