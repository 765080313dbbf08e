// What the form for passages sends of what is chosen in it.
import { expect, test } from 'vitest';
import type { Segment } from '../src/api/client';
import type { Kind } from '../src/article/kinds';
import {
  asksWords,
  type Choices,
  passages,
  pieces,
  type Retold,
  retold,
  standing,
  type Told,
  told,
} from '../src/article/passages';

const bytes = (text: string): number => new TextEncoder().encode(text).length;

/** Segments of a text: kind, words, what is between; a kind with `!` is an editor's. */
function segments(...all: [string, string, string?][]): Segment[] {
  let at = 0;
  return all.map(([kind, text, after = '\n\n']) => {
    const start = at;
    const end = start + bytes(text);
    at = end + bytes(after);
    const by = kind.endsWith('!') ? 'override' : 'segments';
    return { kind: kind.replace('!', '') as Kind, text, after, start, end, enricher: by, version: 1, confidence: 1 };
  });
}

const wire = segments(
  ['headline', 'Ferry sinks'],
  ['paragraph', 'By Zoë Åkerlund'],
  ['paragraph', 'SKARRA (dpa) - It sank.\nAll swam.\n\n  Editors: call Eve Poe (dpa)'],
);

const [headline, byline, report] = [0, 13, 30];
const [swam, editors] = [
  report + 'SKARRA (dpa) - It sank.\n'.length,
  report + 'SKARRA (dpa) - It sank.\nAll swam.\n\n  '.length,
];

/** What is sent of choices, in brief; places are held to be where the words stand. */
function said(t: Told, split: number[], choices: Choices, lost: readonly Retold[] = t.lost): string[] {
  const all = retold(t, passages(t, pieces(t, new Set(split)), choices), lost);
  const utf8 = new TextEncoder().encode(t.text);
  for (const r of all) {
    if (r.start === undefined) continue;
    expect(new TextDecoder().decode(utf8.slice(r.start, r.end))).toBe(r.text);
  }
  return all.map((r) => `${r.kind}: ${r.text}${r.passage ? ` (${r.passage})` : ''}`);
}

test('nothing is said of what is as it is found', () => {
  const t = told(wire, []);
  expect(said(t, [], {})).toEqual([]);
  expect(said(t, [2], {})).toEqual([]);
  expect(said(t, [], { [byline]: { kind: 'paragraph' } })).toEqual([]);
});

test('a segment is what is chosen', () => {
  expect(said(told(wire, []), [], { [byline]: { kind: 'byline' } })).toEqual(['byline: By Zoë Åkerlund']);
});

test('places are bytes of the text, which may begin behind white space', () => {
  const t = told(
    wire.map((s) => ({ ...s, start: s.start + 2, end: s.end + 2 })),
    [],
  );
  const [first, second] = retold(
    t,
    passages(t, pieces(t, new Set([2])), { [byline]: { kind: 'byline' }, [editors]: { kind: 'note' } }),
    [],
  );
  expect(first).toMatchObject({ start: 15, end: 15 + 17 });
  expect(second).toMatchObject({ kind: 'note', end: 2 + bytes(t.text.trimEnd()) });
});

test('lines are split off, with those that go on from them', () => {
  const t = told(wire, []);
  expect(pieces(t, new Set([2])).map((p) => p.text)).toEqual([
    'Ferry sinks',
    'By Zoë Åkerlund',
    'SKARRA (dpa) - It sank.',
    'All swam.',
    'Editors: call Eve Poe (dpa)',
  ]);
  expect(said(t, [2], { [editors]: { kind: 'note' } })).toEqual(['note: Editors: call Eve Poe (dpa)']);
  // What is behind stays what it is, until that is chosen for it, too.
  expect(said(t, [2], { [swam]: { kind: 'note' } })).toEqual(['note: All swam.']);
  expect(said(t, [2], { [swam]: { kind: 'note' }, [editors]: { kind: 'paragraph' } })).toEqual(['note: All swam.']);
  expect(said(t, [2], { [swam]: { kind: 'note' }, [editors]: { kind: 'above' } })).toEqual([
    'note: All swam.\n\n  Editors: call Eve Poe (dpa)',
  ]);
  // So it is behind the first line, and behind one that goes on from the segment above.
  expect(said(t, [2], { [report]: { kind: 'byline' } })).toEqual(['byline: SKARRA (dpa) - It sank.']);
  expect(said(t, [2], { [report]: { kind: 'byline' }, [swam]: { kind: 'above' } })).toEqual([
    'byline: SKARRA (dpa) - It sank.\nAll swam.',
  ]);
  expect(said(t, [2], { [report]: { kind: 'above' } })).toEqual([
    'paragraph: By Zoë Åkerlund\n\nSKARRA (dpa) - It sank.',
  ]);
  // Two of a kind are told apart only where that is said.
  expect(said(t, [2], { [swam]: { kind: 'paragraph' } })).toEqual([
    'paragraph: All swam.\n\n  Editors: call Eve Poe (dpa)',
  ]);
});

test('what is chosen of a passage is told of each of its rows', () => {
  const t = told(wire, []);
  const changed = (choices: Choices) =>
    passages(t, pieces(t, new Set([2])), choices)
      .filter((m) => m.changed)
      .map((m) => m.name);
  expect(changed({})).toEqual([]);
  expect(changed({ [swam]: { kind: 'note' } })).toEqual([swam]);
  expect(changed({ [byline]: { kind: 'above' } })).toEqual([headline]);
  expect(changed({ [report]: { kind: 'paragraph' } })).toEqual([]);
});

test('letters of more than one unit, and those that run from the right, have their places', () => {
  const t = told(segments(['headline', '𝔉𝔢𝔯𝔯𝔶 😀'], ['paragraph', 'غرقت العبّارة\nنجا الجميع']), []);
  const second = t.text.indexOf('نجا');
  expect(said(t, [1], { [second]: { kind: 'note' } })).toEqual(['note: نجا الجميع']);
});

test('lines end where the service has them end', () => {
  const t = told(segments(['paragraph', 'It sank.\u0085\n\ufeffAll swam.']), []);
  expect(pieces(t, new Set([0])).map((p) => p.text)).toEqual(['It sank.', '\ufeffAll swam.']);
});

test('choices hold for the same passages, whatever else changed', () => {
  const of = (all: Segment[], before: Retold[] = []) => standing(told(all, before));
  const one = of(wire);
  expect(of(wire.map((s) => ({ ...s, confidence: 0.5, version: 2 })))).toBe(one);
  expect(of(wire.map((s) => (s.kind === 'headline' ? { ...s, kind: 'kicker' as Kind } : s)))).not.toBe(one);
  expect(of(wire.map((s) => (s.kind === 'headline' ? { ...s, text: 'Ferry sails' } : s)))).not.toBe(one);
  expect(of(wire, [{ text: 'All gone.', kind: 'note' }])).not.toBe(one);
});

test('segments become one', () => {
  expect(said(told(wire, []), [], { [byline]: { kind: 'above' } })).toEqual([
    'headline: Ferry sinks\n\nBy Zoë Åkerlund',
  ]);
  // Nothing is above the first.
  expect(said(told(wire, []), [], { [headline]: { kind: 'above' } })).toEqual([]);
});

test('a dateline is the first words of a line, a sign-off its last', () => {
  const t = told(wire, []);
  const words = (kind: Kind, at: number, w: string) => said(t, [2], { [at]: { kind, words: w } });
  expect(words('dateline', report, ' SKARRA (dpa) - ')).toEqual(['dateline: SKARRA (dpa) -']);
  expect(words('signoff', report, '(dpa)')).toEqual(['signoff: (dpa)']);
  // What is left of it stays as it is found, with the lines in front of it.
  expect(words('signoff', editors, '(dpa)')).toEqual(['signoff: (dpa)']);
  // Of other kinds all is.
  expect(words('note', editors, '(dpa)')).toEqual(['note: Editors: call Eve Poe (dpa)']);
  // What was cut off too short goes on below.
  const cut = told(segments(['dateline', 'SKARRA', ' '], ['paragraph', '(dpa) - It sank.']), []);
  expect(said(cut, [], { 7: { kind: 'above' }, 0: { words: 'SKARRA (dpa) -' } })).toEqual(['dateline: SKARRA (dpa) -']);
});

test('words that stand elsewhere are told of', () => {
  const t = told(wire, []);
  const of = (words: string) => passages(t, pieces(t, new Set()), { [report]: { kind: 'dateline', words } })[2];
  expect(of('SKARRA (dpa)')?.stands).toBe(true);
  expect(of('(dpa)')?.stands).toBe(false);
  expect(of('')?.stands).toBe(true);
});

test('words are asked for only of what is about to be told', () => {
  const t = told(segments(['dateline', 'SKARRA -', ' '], ['paragraph', 'It sank.']), []);
  const asked = (choices: Choices) => passages(t, pieces(t, new Set()), choices).map((m) => asksWords(t, m));
  expect(asked({})).toEqual([undefined, undefined]);
  expect(asked({ 9: { kind: 'signoff' } })).toEqual([undefined, 'last']);
  expect(asked({ 9: { kind: 'above' } })).toEqual(['first']);
});

test('what was said before is said again, until it is found or something else', () => {
  const before: Retold[] = [
    { text: 'By Zoë Åkerlund', kind: 'byline', passage: 'p1' },
    { text: 'All gone.', kind: 'note', passage: 'p2' },
  ];
  const t = told(
    segments(['headline', 'Ferry sinks'], ['byline!', 'By Zoë Åkerlund'], ['paragraph', 'It sank.']),
    before,
  );
  expect(t.lost).toEqual([before[1]]);
  const again = ['byline: By Zoë Åkerlund (p1)', 'note: All gone. (p2)'];
  expect(said(t, [], {})).toEqual(again);
  expect(said(t, [], { [byline]: { kind: 'found' } }, [])).toEqual([]);
  expect(said(t, [], { [byline]: { kind: 'credit' } }, [])).toEqual(['credit: By Zoë Åkerlund']);
  expect(said(t, [], { [byline + 17]: { kind: 'caption' } })).toEqual([again[0], 'caption: It sank.', again[1]]);
  // What is below isn't lost where nothing is said any more of what it went on from.
  const below: Choices = { [byline]: { kind: 'found' }, [byline + 17]: { kind: 'above' } };
  expect(said(t, [], below, [])).toEqual([]);
  expect(passages(t, pieces(t, new Set()), below).map((m) => m.choice)).toEqual(['headline', 'found', 'paragraph']);
});

test('what is left of a passage that an editor told is told, too', () => {
  const before: Retold[] = [{ text: 'One.\nTwo.\nThree.', kind: 'note', passage: 'p1' }];
  const t = told(segments(['headline', 'Ferry sinks'], ['note!', 'One.\nTwo.\nThree.']), before);
  expect(said(t, [1], { 18: { kind: 'paragraph' } })).toEqual(['note: One.', 'paragraph: Two.', 'note: Three.']);
  // A line alone isn't as it is found.
  expect(said(t, [1], { 13: { kind: 'found' } })).toEqual(['note: One.\nTwo.\nThree. (p1)']);
  expect(said(t, [], { 13: { kind: 'signoff', words: 'Three.' } })).toEqual(['note: One.\nTwo.', 'signoff: Three.']);
});

test('of two alike each is its own', () => {
  const t = told(segments(['paragraph', 'Contact'], ['paragraph', 'It sank.'], ['paragraph', 'Contact']), []);
  const [one] = retold(t, passages(t, pieces(t, new Set()), { 19: { kind: 'note' } }), []);
  expect(one).toEqual({ text: 'Contact', kind: 'note', start: 19, end: 26 });
  const second = told(segments(['note', 'Contact'], ['note!', 'Contact']), [{ text: 'Contact', kind: 'note' }]);
  expect(second.segments.map((s) => s.said !== undefined)).toEqual([false, true]);
  // Whichever of two it was said of that is gone: what stands is as it is found.
  const both: Retold[] = [
    { text: 'Contact', kind: 'note', passage: 'p1' },
    { text: 'Contact', kind: 'note', passage: 'p2' },
  ];
  const left = told(segments(['headline', 'Ferry sinks'], ['note!', 'Contact']), both);
  expect(said(left, [], { 13: { kind: 'found' } })).toEqual([]);
  expect(said(left, [], {})).toEqual(['note: Contact (p1)', 'note: Contact (p2)']);
});

test('a headline that gave way to an editor’s is none of an editor’s', () => {
  const before: Retold[] = [{ text: 'All swam', kind: 'headline', passage: 'p1' }];
  const t = told(segments(['subhead!', 'Ferry sinks'], ['headline!', 'All swam']), before);
  expect(said(t, [], {})).toEqual(['headline: All swam (p1)']);
  expect(t.segments.map((s) => s.said !== undefined)).toEqual([false, true]);
});

test('what isn’t told yet is never sent as such', () => {
  const t = told(segments(['unknown', 'Ferry sinks\nBy Ana Ruiz\nIt sank.']), []);
  expect(said(t, [0], { 12: { kind: 'byline' }, 24: { kind: 'paragraph' } })).toEqual([
    'byline: By Ana Ruiz',
    'paragraph: It sank.',
  ]);
  expect(said(t, [0], { 12: { kind: 'unknown' } })).toEqual([]);
});
