// What each source sent lately. Those that are silent stand first.
import { useQuery } from '@tanstack/react-query';
import { listsEvery, operatorKeys, type Source, sources, turnedOff } from '../api/operator';
import { Failed, reasonOf } from '../ui/Failed';
import { Link } from '../ui/Link';
import { Time } from '../ui/Time';
import { number, plural } from '../ui/words';
import { HourBars } from './Spark';
import { duration } from './units';

const says: Record<Source['state'], { word: string; tone: string }> = {
  ok: { word: 'As usual', tone: 'calm' },
  silent: { word: 'Silent', tone: 'bad' },
  unknown: { word: 'Too new to say', tone: 'soft' },
  refused: { word: 'All refused', tone: 'bad' },
};

export function Sources() {
  const asked = useQuery({
    queryKey: operatorKeys.sources,
    queryFn: ({ signal }) => sources(signal),
    refetchInterval: listsEvery,
  });
  const { data } = asked;
  if (!data)
    return reasonOf(asked) ? (
      <Failed asked={asked} missing={turnedOff} />
    ) : (
      <p className="part-wait">Looking at the sources</p>
    );
  const silent = data.sources.filter((s) => s.state === 'silent').length;
  return (
    <>
      <Failed asked={asked} missing={turnedOff} />
      <p className="part-say" aria-live="polite">
        <b>
          {data.sources.length === 0
            ? 'Nothing has come in yet.'
            : silent === 0
              ? 'No source is silent.'
              : `${plural(silent, 'source')} silent.`}
        </b>{' '}
        A source is silent when nothing has come for longer than ever since <Time at={data.since} />.
        {data.more && ' There are others that sent less.'}
      </p>
      {data.sources.length > 0 && (
        // A region that scrolls sideways where the screen is narrow, also with the keyboard.
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached
        <section className="wide" aria-label="Sources" tabIndex={0}>
          <table className="sources">
            <thead>
              <tr>
                <th scope="col">Source</th>
                <th scope="col">State</th>
                <th scope="col">Last article</th>
                <th scope="col">Last 24 hours</th>
                <th scope="col" className="figure">
                  Last hour
                </th>
                <th scope="col" className="figure">
                  Last day
                </th>
                <th scope="col" className="figure">
                  Refused{!data.refused_complete && ' (the newest)'}
                </th>
              </tr>
            </thead>
            <tbody>
              {data.sources.map((s) => (
                <tr key={s.source}>
                  <th scope="row">
                    {s.source === '' ? (
                      'Not said'
                    ) : (
                      <Link fresh to={{ source: s.source }}>
                        {s.source}
                      </Link>
                    )}
                  </th>
                  <td>
                    <span className={`verdict ${says[s.state].tone}`}>{says[s.state].word}</span>
                  </td>
                  <td>
                    <Time at={s.last_received} />
                    {s.silence_seconds !== undefined && s.silence_seconds >= 60 && (
                      <span className="aside">
                        {duration(s.silence_seconds)} ago
                        {s.state === 'silent' &&
                          s.longest_silence_seconds !== undefined &&
                          `, never more than ${duration(s.longest_silence_seconds)} before`}
                      </span>
                    )}
                  </td>
                  <td>
                    <HourBars hours={s.hours} until={data.at} />
                  </td>
                  <td className="figure number">{number(s.last_hour)}</td>
                  <td className="figure number">{number(s.last_day)}</td>
                  <td className="figure number">
                    {s.refused === 0 ? (
                      '0'
                    ) : (
                      <Link
                        to={{
                          part: 'letters',
                          of: s.source === '' ? null : s.source,
                          dead: null,
                          stage: null,
                          state: 'all',
                        }}
                      >
                        {number(s.refused)}
                      </Link>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </>
  );
}
