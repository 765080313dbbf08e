// What a refusal of a correction says.
import { expect, test } from 'vitest';
import { severalOf } from '../src/api/article';

const problem = { type: '', title: '', status: 400, candidates: [{ name: 'Springfield', lat: 1, lon: 2 }] };

test('the name that may mean several places is the one that the service names', () => {
  const detail = 'places[1]: "Springfield" may be one of several places';
  const words = ['Spring', 'Springfield'];
  expect(severalOf({ ...problem, detail, name: 'Springfield' }, words)).toBe('Springfield');
  expect(severalOf({ ...problem, detail, name: 'Elsewhere' }, words)).toBeUndefined();
  expect(severalOf({ ...problem, candidates: undefined, detail }, words)).toBeUndefined();
  // Before there was `name`.
  expect(severalOf({ ...problem, detail }, words)).toBe('Springfield');
});
