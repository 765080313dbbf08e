// What an editor says of passages of the text: which kind of segment each is. All others stay
// as they are found, so what is sent is only where the form says something else.
import type { Segment } from '../api/client';
import type { components } from '../api/schema';
import type { Kind } from './kinds';

/** A passage whose kind is said, as the API takes it. */
export type Retold = components['schemas']['Retold'][number];

const starts: ReadonlySet<Kind> = new Set(['dateline', 'kicker']);
const ends: ReadonlySet<Kind> = new Set(['credit', 'signoff']);

/** Which part of a line may be of a kind: its first words, its last words, or none but all of it. */
const partOf = (kind: Kind): 'first' | 'last' | undefined =>
  starts.has(kind) ? 'first' : ends.has(kind) ? 'last' : undefined;

// White space as the service has it: JavaScript's trim knows another.
const blank = /^\p{White_Space}+|\p{White_Space}+$/gu;
const trimmed = (text: string): string => text.replace(blank, '');

/** What the form has a row for: a segment, or a line of one. */
export interface Piece {
  /** Its place in the text, which is its name, too. */
  from: number;
  to: number;
  text: string;
  /** The place of its segment in the list. */
  segment: number;
  /** The first row of its segment. */
  first: boolean;
  /** How many lines the segment has. */
  lines: number;
}

/** What is chosen of a piece. `above`: it goes on from the one above. `found`: as it is found without a correction. */
export type Choice = Kind | 'above' | 'found';

interface Chosen {
  kind?: Choice;
  /** Of a kind that may be part of a line: the words that are; '' for all. */
  words?: string;
}

/** By the place of the piece. */
export type Choices = Readonly<Record<number, Chosen>>;

/** A text with its segments, and what editors said of them. Places are of the string, not of its UTF-8 form. */
export interface Told {
  text: string;
  segments: readonly { from: number; to: number; kind: Kind; said: Retold | undefined }[];
  /** What was said of passages that are no segments of the text. */
  lost: readonly Retold[];
  /** Where the text begins in the article's, in bytes. */
  start: number;
}

export function told(all: readonly Segment[], said: readonly Retold[]): Told {
  const left = [...said];
  let text = '';
  const segments = all.map((s) => {
    const from = text.length;
    text += s.text + (s.after ?? '');
    const at = s.enricher === 'override' ? left.findIndex((r) => r.text === s.text && r.kind === s.kind) : -1;
    return { from, to: from + s.text.length, kind: s.kind, said: at < 0 ? undefined : left.splice(at, 1)[0] };
  });
  return { text, segments, lost: left, start: all[0]?.start ?? 0 };
}

/** The lines of a piece of text that have something in them, without white space about them. */
function linesOf(text: string, from: number, to: number): { from: number; to: number }[] {
  const all: { from: number; to: number }[] = [];
  for (let at = from; at <= to; ) {
    const newline = text.indexOf('\n', at);
    const end = newline < 0 || newline > to ? to : newline;
    const line = text.slice(at, end);
    const words = trimmed(line);
    if (words !== '') {
      const begin = at + line.indexOf(words);
      all.push({ from: begin, to: begin + words.length });
    }
    at = end + 1;
  }
  return all;
}

/** The rows of the form; `split` has the segments that are shown line by line. */
export function pieces(t: Told, split: ReadonlySet<number>): Piece[] {
  return t.segments.flatMap(({ from, to }, segment) => {
    const lines = linesOf(t.text, from, to);
    const parts = split.has(segment) && lines.length > 1 ? lines : [{ from, to }];
    return parts.map((p, i) => ({
      ...p,
      text: t.text.slice(p.from, p.to),
      segment,
      first: i === 0,
      lines: lines.length,
    }));
  });
}

/** What a piece is as long as nothing else is chosen. */
export const usual = (t: Told, p: Piece): Choice => (p.first ? (t.segments[p.segment]?.kind ?? 'unknown') : 'above');

/** Pieces that are one passage. */
export interface Passage {
  /** The place of the piece that it begins with. */
  name: number;
  from: number;
  to: number;
  choice: Exclude<Choice, 'above'>;
  /** The words of it that are of the kind; '' for all. */
  words: string;
  /** The words stand where they have to. */
  stands: boolean;
  /** Something was chosen for it. */
  changed: boolean;
}

/** The passages that the form shows, in order. */
export function passages(t: Told, all: readonly Piece[], choices: Choices): Passage[] {
  const made: Passage[] = [];
  // The line above is something else by what was chosen for it: the next one stays what it is
  // until that is chosen for it, too.
  let taken = false;
  for (const [i, p] of all.entries()) {
    const own = t.segments[p.segment]?.kind ?? 'unknown';
    const whole = p.first && all[i + 1]?.segment !== p.segment;
    const { kind: chosen, words = '' } = choices[p.from] ?? {};
    const above = made.at(-1);
    let choice = chosen ?? usual(t, p);
    if (choice === 'above' && above && above.choice !== 'found' && (chosen || !taken)) {
      above.to = p.to;
      above.changed ||= p.first;
      taken = chosen === 'above' && (p.first || taken);
      continue;
    }
    // Of a line alone nothing was found.
    if (choice === 'above' || (choice === 'found' && !whole)) choice = own;
    made.push({
      name: p.from,
      from: p.from,
      to: p.to,
      choice,
      words,
      stands: true,
      changed: (chosen !== undefined && chosen !== usual(t, p)) || trimmed(words) !== '',
    });
    taken = chosen !== undefined && choice !== own && trimmed(words) === '';
  }
  for (const m of made) {
    const part = m.choice === 'found' ? undefined : partOf(m.choice);
    const text = t.text.slice(m.from, m.to);
    m.words = trimmed(m.words);
    if (!part) m.words = '';
    else if (m.words !== '') m.stands = part === 'first' ? text.startsWith(m.words) : text.endsWith(m.words);
  }
  return made;
}

/** Whether a passage is a segment as it stands. */
const same = (t: Told, m: Passage): boolean =>
  m.words === '' && t.segments.some((s) => s.from === m.from && s.to === m.to && s.kind === m.choice);

/** Whether words of a passage may be asked for: not of what stands there already. */
export const asksWords = (t: Told, m: Passage): 'first' | 'last' | undefined =>
  m.choice === 'found' || same(t, m) ? undefined : partOf(m.choice);

interface Span {
  from: number;
  to: number;
  kind: Kind;
  /** What is left where words were cut off. */
  rest?: true;
}

// What is left of the segments in a piece of text, each as it is.
function rest(t: Told, from: number, to: number): Span[] {
  const all: Span[] = [];
  for (const s of t.segments) {
    const [begin, end] = [Math.max(s.from, from), Math.min(s.to, to)];
    if (begin >= end) continue;
    const part = t.text.slice(begin, end);
    const words = trimmed(part);
    if (words === '') continue;
    const at = begin + part.indexOf(words);
    all.push({ from: at, to: at + words.length, kind: s.kind, rest: true });
  }
  return all;
}

function spansOf(t: Told, m: Passage): Span[] {
  if (m.choice === 'found') return [];
  if (m.words === '') return [{ from: m.from, to: m.to, kind: m.choice }];
  const at = partOf(m.choice) === 'first' ? m.from : m.to - m.words.length;
  const end = at + m.words.length;
  return [...rest(t, m.from, at), { from: at, to: end, kind: m.choice }, ...rest(t, end, m.to)];
}

const utf8 = new TextEncoder();

/**
 * What is to be said of the segments then, in the order of the text, what was said before and
 * still holds among it. Nothing is said of what is as it is found.
 */
export function retold(t: Told, all: readonly Passage[], lost: readonly Retold[]): Retold[] {
  const said: Retold[] = [];
  const byte = (at: number) => t.start + utf8.encode(t.text.slice(0, at)).length;
  let at = 0;
  // The segment whose beginning stays as it is found, up to where something is said of it.
  let staying = -1;
  for (const { from, to, kind, rest } of all.flatMap((m) => spansOf(t, m))) {
    while ((t.segments[at]?.to ?? to) < to) at++;
    const segment = t.segments[at];
    const whole = segment?.from === from && segment.to === to;
    const as = segment !== undefined && segment.from <= from && segment.kind === kind;
    if (as && !segment.said && (whole || rest || staying !== at)) {
      staying = at;
      continue;
    }
    staying = -1;
    if (as && whole && segment.said) said.push(segment.said);
    else if (kind !== 'unknown') said.push({ text: t.text.slice(from, to), kind, start: byte(from), end: byte(to) });
  }
  // What stands twice in the text was perhaps said twice, and what isn't said any more of one
  // isn't to come back by the other.
  const dropped = t.segments.flatMap((s) => (s.said && !said.includes(s.said) ? [s.said] : []));
  return [...said, ...lost.filter((r) => !dropped.some((d) => d.text === r.text && d.kind === r.kind))];
}

/** What the form is of: choices hold as long as it is the same. */
export const standing = (t: Told): string => JSON.stringify(t);
