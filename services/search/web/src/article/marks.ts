// What was found in the text, as places in it.
import type { Article, Segment } from '../api/client';
import { countryName, number, plural } from '../ui/words';

export const markKinds = [
  { kind: 'person', label: 'People' },
  { kind: 'organisation', label: 'Organisations' },
  { kind: 'place', label: 'Places' },
  { kind: 'quote', label: 'Quotes' },
  { kind: 'amount', label: 'Amounts and figures' },
  { kind: 'date', label: 'Dates' },
] as const;

export type MarkKind = (typeof markKinds)[number]['kind'];

/** Something that was found: what it is, and how anybody knows. */
export interface Finding {
  kind: MarkKind;
  name: string;
  /** What is known of it, a fact a line. */
  facts: string[];
  /** How to search for it: a facet and its value. */
  search?: { facet: string; value: string };
  confidence: number;
  enricher: string | undefined;
  version: number | undefined;
}

/** A finding at a place of the text: bytes [start, end) of its UTF-8 form. */
export interface Mark extends Finding {
  start: number;
  end: number;
}

interface Evidence {
  start: number;
  end: number;
  enricher?: string | undefined;
  version?: number | undefined;
  confidence: number;
}

const round = new Intl.NumberFormat('en', { maximumFractionDigits: 3 });

/** A figure, or a range of them; '' where the text leaves it open. */
export function figure(value: number | null, to: number | undefined, approximate = false): string {
  const one = (n: number) => round.format(n);
  if (value === null) return to === undefined ? '' : `up to ${one(to)}`;
  return `${approximate ? 'about ' : ''}${one(value)}${to === undefined ? '' : ` to ${one(to)}`}`;
}

export function money(a: NonNullable<Article['amounts']>[number]): string {
  return `${a.currency ?? 'currency not told'} ${figure(a.value, a.value_to, a.approximate)}`.trim();
}

const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
const moment = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });
const when = (text: string): string => {
  const t = new Date(text.length === 10 ? `${text}T00:00Z` : text);
  return Number.isNaN(t.getTime()) ? text : (text.length === 10 ? day : moment).format(t);
};

export function period(d: NonNullable<Article['dates']>[number]): string {
  if (!d.from && !d.to) return 'no date to count from';
  if (!d.from) return `until ${when(d.to ?? '')}`;
  if (!d.to) return `from ${when(d.from)} on`;
  return d.from === d.to ? when(d.from) : `${when(d.from)} to ${when(d.to)}`;
}

const entityKinds: Record<string, MarkKind> = { person: 'person', organisation: 'organisation' };

function of(finding: Omit<Finding, 'confidence' | 'enricher' | 'version'>, e: Evidence): Mark {
  return { ...finding, start: e.start, end: e.end, confidence: e.confidence, enricher: e.enricher, version: e.version };
}

/** The places of all that was found of these kinds, by where they stand; the longer first. */
export function marksOf(a: Article, kinds: ReadonlySet<string>): Mark[] {
  const all: Mark[] = [];
  for (const e of a.entities ?? []) {
    const kind = entityKinds[e.type];
    if (!kind || !kinds.has(kind)) continue;
    const facts = [e.title, e.role, plural(e.mentions.length, 'mention')].filter((f) => f !== undefined);
    for (const m of e.mentions) all.push(of({ kind, name: e.name, facts, search: { facet: kind, value: e.name } }, m));
  }
  if (kinds.has('place')) {
    for (const p of a.places ?? []) {
      const facts = [
        p.country && countryName(p.country),
        p.lat !== undefined && p.lon !== undefined && `${p.lat.toFixed(2)}, ${p.lon.toFixed(2)}`,
        p.main && 'where most of it happens',
      ].filter((f) => typeof f === 'string');
      for (const m of p.mentions)
        all.push(of({ kind: 'place', name: p.name, facts, search: { facet: 'place', value: p.name } }, m));
    }
  }
  if (kinds.has('quote')) {
    for (const q of a.quotes ?? []) {
      const facts = [
        q.role,
        q.via && `through ${q.via}`,
        q.cue && `“${q.cue}”`,
        q.partial && 'part of the reporter’s sentence',
      ];
      const finding = {
        kind: 'quote' as const,
        name: q.speaker ?? 'Nobody named',
        facts: facts.filter((f) => typeof f === 'string'),
      };
      all.push(of(q.speaker ? { ...finding, search: { facet: 'speaker', value: q.speaker } } : finding, q));
    }
  }
  if (kinds.has('amount')) {
    for (const m of a.amounts ?? []) {
      const from = m.conversion_of === undefined ? undefined : a.amounts?.[m.conversion_of];
      all.push(of({ kind: 'amount', name: money(m), facts: from ? [`the same as ${money(from)}`] : [] }, m));
    }
    for (const q of a.quantities ?? []) {
      all.push(
        of(
          { kind: 'amount', name: `${figure(q.value, q.value_to, q.approximate)} ${q.unit ?? ''}`.trim(), facts: [] },
          q,
        ),
      );
    }
  }
  if (kinds.has('date')) {
    for (const d of a.dates ?? []) all.push(of({ kind: 'date', name: period(d), facts: [d.precision] }, d));
  }
  return all.filter((m) => m.end > m.start).sort((x, y) => x.start - y.start || y.end - x.end);
}

/** A piece of a segment, and what covers it. */
export interface Run {
  text: string;
  quote: Mark | undefined;
  mark: Mark | undefined;
  /** The quote ends with it. */
  last: boolean;
  /** Behind the quote, what closes it: marks belong to its sentence, and stand before who said it. */
  closing: string;
}

// Where each byte of the text's UTF-8 form stands in the string. Most copy is ASCII, for
// which a byte is a character.
function placesIn(text: string): (byte: number) => number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are all of ASCII
  if (/^[\x00-\x7f]*$/.test(text)) return (byte) => Math.min(Math.max(byte, 0), text.length);
  const at: number[] = [];
  let index = 0;
  for (const c of text) {
    const code = c.codePointAt(0) ?? 0;
    const bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (let i = 0; i < bytes; i++) at.push(index);
    index += c.length;
  }
  return (byte) => (byte <= 0 ? 0 : (at[byte] ?? text.length));
}

const closes = /^[,.!?;:…]*(?:\p{Z}?[»”]|[“’«"'])[,.!?;:]?/u;

/** The text of a segment, cut where marks begin and end. Of marks that overlap, the one that begins first counts, beside a quote. */
export function runs(s: Segment, marks: readonly Mark[]): Run[] {
  const here = marks.filter((m) => m.start < s.end && m.end > s.start);
  if (here.length === 0) return [{ text: s.text, quote: undefined, mark: undefined, last: false, closing: '' }];
  const place = placesIn(s.text);
  const spans = here.map((m) => ({ mark: m, from: place(m.start - s.start), to: place(m.end - s.start) }));
  const quotes = spans.filter((p) => p.mark.kind === 'quote');
  const points: typeof spans = [];
  for (const p of spans) {
    if (p.mark.kind !== 'quote' && p.from >= (points.at(-1)?.to ?? 0)) points.push(p);
  }
  const cuts = [...new Set([0, s.text.length, ...[...quotes, ...points].flatMap((p) => [p.from, p.to])])].sort(
    (x, y) => x - y,
  );
  const all: Run[] = [];
  for (let i = 0; i + 1 < cuts.length; i++) {
    const from = cuts[i] ?? 0;
    const to = cuts[i + 1] ?? 0;
    const covers = (p: { from: number; to: number }) => p.from <= from && p.to >= to;
    const quote = quotes.find(covers);
    all.push({
      text: s.text.slice(from, to),
      quote: quote?.mark,
      mark: points.find(covers)?.mark,
      last: quote !== undefined && quote.to === to && quote.mark.end <= s.end,
      closing: '',
    });
  }
  for (const [i, run] of all.entries()) {
    const next = all[i + 1];
    if (!run.last || !next || next.quote || next.mark) continue;
    run.closing = closes.exec(next.text)?.[0] ?? '';
    next.text = next.text.slice(run.closing.length);
  }
  return all;
}

/** How sure something is, in words and in hundredths. */
export const sure = (confidence: number): string => `${number(Math.round(confidence * 100))} %`;

/** Who says that it is so. */
export function signer(f: { enricher?: string | undefined; version?: number | undefined }): string {
  if (f.enricher === 'override') return 'an editor';
  if (!f.enricher) return 'the sender';
  return f.version ? `${f.enricher}, version ${f.version}` : f.enricher;
}
