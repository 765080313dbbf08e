// Values as people read them.
const language = new Intl.DisplayNames('en', { type: 'language', fallback: 'code' });
const region = new Intl.DisplayNames('en', { type: 'region', fallback: 'code' });
const currency = new Intl.DisplayNames('en', { type: 'currency', fallback: 'code' });
const count = new Intl.NumberFormat('en');
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });

function named(names: Intl.DisplayNames, code: string): string {
  try {
    return names.of(code) ?? code;
  } catch {
    return code;
  }
}

export const languageName = (tag: string): string => (tag === 'und' ? 'Not known' : named(language, tag));
export const countryName = (code: string): string => named(region, code);
export const dayName = (iso: string): string =>
  /^\d{4}-\d{2}-\d{2}$/.test(iso) ? day.format(new Date(`${iso}T00:00Z`)) : iso;
export const number = (n: number): string => count.format(n);

export function total(t: { value: number; relation: string }): string {
  return t.relation === 'gte' ? `more than ${number(t.value)}` : number(t.value);
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${number(n)} ${n === 1 ? one : many}`;
}

/** What a facet's value is called. */
export function valueName(facet: string, value: string, label?: string): string {
  switch (facet) {
    case 'language':
      return languageName(value);
    case 'country':
      return countryName(value);
    case 'currency':
      return named(currency, value);
    case 'day':
      return dayName(value);
    default:
      return label ?? value;
  }
}

const urgencies = ['', 'Flash', 'Urgent', 'Urgent'];

/** An urgency worth telling; '' for routine copy. */
export const urgencyName = (urgency: number | undefined): string => urgencies[urgency ?? 0] ?? '';

/** A flag of an article as words: sort_date_is_received_at is nothing for readers. */
export function flagNames(flags: readonly string[] | undefined): string[] {
  return (flags ?? []).filter((f) => !f.includes('_')).map((f) => f.replaceAll('-', ' '));
}
