// The query box until the one that completes words is there, which goes on with what was typed.
import { useEffect, useLayoutEffect, useRef } from 'react';
import { go, useAddress } from '../address';
import { SearchIcon } from '../ui/icons';
import { useHitsThere } from './hits';
import './query.css';

/** The longest query, in characters. */
const maxQuery = 1000;

/** What the box is, whichever of the two is there. */
export const boxProps = {
  id: 'q',
  placeholder: 'Search all copy: words, “phrases”, person:, place:, urgency:1..3',
  autoComplete: 'off',
  autoCapitalize: 'off',
  spellCheck: 'false',
  enterKeyHint: 'search',
  maxLength: maxQuery,
} as const;

export const boxLabel = 'Search all copy';

/** Where a query is typed. */
const box = (): HTMLInputElement | null => document.querySelector<HTMLInputElement>('#q');

export function focusBox(): void {
  box()?.focus();
  box()?.select();
}

interface Typed {
  text: string;
  /** Where the caret is; undefined where focus is elsewhere. */
  caret: number | undefined;
}

let left: Typed | undefined;

/** What was typed before the box was there, once, for the box that takes its place. */
export function useTypedEarly(take: (typed: Typed) => void): void {
  const first = useRef(take);
  useLayoutEffect(() => {
    if (left) first.current(left);
    left = undefined;
  }, []);
}

export function EarlyBox() {
  const now = useAddress();
  const asked = now.get('q') ?? '';
  const { retry } = useHitsThere(now);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (input.current && input.current.value !== asked && input.current !== document.activeElement)
      input.current.value = asked;
  }, [asked]);
  useLayoutEffect(() => {
    const at = input.current;
    return () => {
      if (!at) return;
      const caret = document.activeElement === at ? (at.selectionStart ?? at.value.length) : undefined;
      if (caret !== undefined || at.value !== at.defaultValue) left = { text: at.value, caret };
    };
  }, []);
  // What another one was left with, where the box that completes can't be loaded.
  useTypedEarly(({ text, caret }) => {
    if (!input.current) return;
    input.current.value = text;
    if (caret === undefined) return;
    input.current.focus();
    input.current.setSelectionRange(caret, caret);
  });
  // Who is elsewhere by then has searched.
  useEffect(() => () => void setTimeout(() => (left = undefined)), []);
  return (
    <search className="query">
      <form
        className="query-field"
        onSubmit={(e) => {
          e.preventDefault();
          // Where the keyboard is on the screen, it would cover what is found.
          if (matchMedia('(pointer: coarse)').matches) input.current?.blur();
          const q = input.current?.value.trim() ?? '';
          // Enter on what is searched already asks for it anew.
          if (q === asked) retry();
          go({ q, uri: null, revision: null });
        }}
      >
        <SearchIcon />
        <div className="query-text">
          <input
            {...boxProps}
            ref={input}
            type="search"
            aria-label={boxLabel}
            defaultValue={asked}
            onKeyDown={(e) => {
              if (e.key !== 'Escape') return;
              e.stopPropagation();
              e.preventDefault(); // it would empty the box
              input.current?.blur();
            }}
          />
        </div>
      </form>
    </search>
  );
}
