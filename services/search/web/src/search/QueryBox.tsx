// The one box for everything: words, fields, names that are completed as they are typed.
import { useQuery } from '@tanstack/react-query';
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'react';
import {
  Autocomplete,
  Button,
  Header as Heading,
  Input,
  ListBox,
  ListBoxItem,
  ListBoxSection,
  SearchField,
} from 'react-aria-components';
import { address, go, useAddress } from '../address';
import type { Problem } from '../api/client';
import { facets, keys, suggestions } from '../api/search';
import { CloseIcon, SearchIcon } from '../ui/icons';
import { useSettled } from '../ui/settled';
import { number, valueName } from '../ui/words';
import { boxLabel, boxProps, useTypedEarly } from './EarlyBox';
import { useHitsThere } from './hits';
import { fields, placeOf, type Typed, typedAt, without } from './language';

interface Offer {
  id: string;
  facet: string;
  value: string;
  text: string;
  count: number;
}

interface Group {
  name: string;
  label: string;
  offers: Offer[];
}

// The place is marked: what is left to say is why.
const said = (p: Problem): string =>
  (p.detail ?? p.title).replace(/^parameter \w+(, character \d+)?: /, '').replace(/^\p{Ll}/u, (c) => c.toUpperCase());

const labels = new Map<string, string>(facets.map((f) => [f.name, f.label]));

/** How long who types must pause, in milliseconds, before it is asked how the word goes on: whoever presses Enter at once waits for no such answer. */
const pause = 100;

/** What may be meant by a word: names of fields at once, values when the service has told them. */
function useOffers(typed: Typed | null, asking: boolean): Group[] {
  const long = typed !== null && asking && typed.prefix.length >= 2;
  const settled = useSettled(typed, pause) === typed;
  const { data } = useQuery({
    queryKey: keys.suggestions(typed?.prefix ?? '', typed?.of ?? []),
    queryFn: ({ signal }) => suggestions(typed?.prefix ?? '', typed?.of ?? [], signal),
    enabled: long && settled,
    staleTime: 60_000,
    placeholderData: (before) => before,
  });
  if (!typed || !asking || typed.prefix === '') return [];
  const groups: Group[] = (long ? (data ?? []) : [])
    .filter((f) => f.values.length > 0)
    .map((f) => ({
      name: f.name,
      label: labels.get(f.name) ?? f.name,
      offers: f.values.map((v) => ({
        id: `${f.name}\n${v.value}`,
        facet: f.name,
        value: v.value,
        text: valueName(f.name, v.value, v.label),
        count: v.count,
      })),
    }));
  const named =
    typed.of.length > 0 ? [] : fields.filter((f) => f.name.startsWith(typed.prefix.toLowerCase())).slice(0, 3);
  if (named.length > 0) {
    groups.push({
      name: 'fields',
      label: 'Search in',
      offers: named.map((f) => ({
        id: `field\n${f.name}`,
        facet: 'field',
        value: f.name,
        text: `${f.name}: ${f.finds}`,
        count: 0,
      })),
    });
  }
  return groups;
}

export function QueryBox() {
  const now = useAddress();
  const asked = now.get('q') ?? '';
  const [text, setText] = useState(asked);
  const [typed, setTyped] = useState<Typed | null>(null);
  const [open, setOpen] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const mirror = useRef<HTMLDivElement>(null);
  const { problem, retry } = useHitsThere(now);
  const groups = useOffers(typed, open);
  const shown = open && groups.length > 0;
  const problemId = useId();

  // Back, forward, a saved search: the box says what is searched.
  const [last, setLast] = useState(asked);
  if (last !== asked) {
    setLast(asked);
    setText(asked);
    setTyped(null);
  }

  const placed = useRef<{ text: string; caret: number }>(undefined);
  useTypedEarly(({ text: early, caret }) => {
    setText(early);
    if (caret === undefined) return;
    input.current?.focus();
    placed.current = { text: early, caret };
    if (early === asked) return;
    setTyped(typedAt(early, caret));
    setOpen(true);
  });
  // The caret goes where it was as soon as the box has the text, before another key can come.
  useLayoutEffect(() => {
    const to = placed.current;
    if (!to || input.current?.value !== to.text) return;
    input.current.setSelectionRange(to.caret, to.caret);
    placed.current = undefined;
  });

  const search = (q: string) => {
    setOpen(false);
    setTyped(null);
    setText(q);
    // Where the keyboard is on the screen, it would cover what is found.
    if (matchMedia('(pointer: coarse)').matches) input.current?.blur();
    // Enter on what is searched already asks for it anew.
    if (q.trim() === asked) retry();
    go({ q: q.trim(), uri: null, revision: null });
  };
  // Enter takes what was gone to by keys; what the pointer happens to lie on is no choice.
  const arrowed = useRef(false);
  const enter = (q: string) => {
    const pointed = arrowed.current && shown ? input.current?.getAttribute('aria-activedescendant') : null;
    const key = pointed ? document.getElementById(pointed)?.dataset.key : undefined;
    if (key) take(key);
    else search(q);
  };
  const write = (to: string) => {
    arrowed.current = false;
    setText(to);
    setTyped(typedAt(to, input.current?.selectionStart ?? to.length));
    setOpen(true);
  };
  const take = (id: string) => {
    if (!typed) return;
    const [facet = '', value = ''] = id.split('\n');
    const caret = input.current?.selectionStart ?? text.length;
    if (facet === 'field') {
      write(`${text.slice(0, typed.start)}${value}:${text.slice(caret)}`);
      return;
    }
    const q = without(text, typed, caret);
    setText(q);
    setTyped(null);
    setOpen(false);
    const values = address().getAll(facet);
    go({ q, [facet]: values.includes(value) ? values : [...values, value], uri: null, revision: null });
  };

  // The mark under what is wrong scrolls along with the text.
  useEffect(() => {
    const box = input.current;
    if (!box) return undefined;
    const follow = () => {
      if (mirror.current) mirror.current.scrollLeft = box.scrollLeft;
    };
    box.addEventListener('scroll', follow);
    return () => box.removeEventListener('scroll', follow);
  }, []);

  const wrong = problem?.status === 400 && text === asked ? problem : undefined;
  const at = wrong?.parameter === 'q' && wrong.position ? placeOf(text, wrong.position) : undefined;
  return (
    <search
      className="query"
      onKeyDownCapture={(e) => {
        if (e.key === 'ArrowDown' || e.key === 'ArrowUp') arrowed.current = true;
        if (e.key !== 'Escape') return;
        // Leaves first the suggestions, then the box; the component would empty it.
        e.stopPropagation();
        e.preventDefault();
        if (shown) setOpen(false);
        else input.current?.blur();
      }}
    >
      <Autocomplete inputValue={text} onInputChange={write} disableAutoFocusFirst>
        <SearchField
          className="query-field"
          aria-label={boxLabel}
          onSubmit={enter}
          onClear={() => search('')}
          isInvalid={wrong !== undefined}
          // Going to a suggestion by keys is told as a blur, and focus stays.
          onBlur={() => document.activeElement !== input.current && setOpen(false)}
        >
          <SearchIcon />
          <div className="query-text">
            {at && (
              <div className="mirror" ref={mirror} aria-hidden="true">
                {text.slice(0, at.start)}
                <span className="wrong">{text.slice(at.start, at.end) || ' '}</span>
                {text.slice(at.end)}
              </div>
            )}
            <Input {...boxProps} ref={input} aria-describedby={wrong ? problemId : undefined} />
          </div>
          <Button className="query-clear" aria-label="Clear the search">
            <CloseIcon />
          </Button>
        </SearchField>
        {shown && (
          <div className="offers popover" onPointerDown={(e) => e.preventDefault()}>
            <ListBox aria-label="Suggestions" selectionMode="none" onAction={(key) => take(String(key))}>
              {groups.map((g) => (
                <ListBoxSection key={g.name} id={g.name}>
                  <Heading className="offers-of">{g.label}</Heading>
                  {g.offers.map((o) => (
                    <ListBoxItem key={o.id} id={o.id} textValue={o.text} className="offer">
                      <span>{o.text}</span>
                      {o.count > 0 && <span className="number">{number(o.count)}</span>}
                    </ListBoxItem>
                  ))}
                </ListBoxSection>
              ))}
            </ListBox>
          </div>
        )}
      </Autocomplete>
      {wrong && (
        <p className="query-problem" id={problemId} role="alert">
          {said(wrong)}
        </p>
      )}
    </search>
  );
}
