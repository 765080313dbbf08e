// The form by which editors say which passages of the text are of which kind.
import { useEffect, useMemo, useRef, useState } from 'react';
import { Checkbox, CheckboxGroup, Label } from 'react-aria-components';
import { Button } from '../ui/Button';
import { type Script, scriptOf } from '../ui/script';
import { plural } from '../ui/words';
import { ChangeForm, type EditorProps, useChange } from './Change';
import { kindGroups, kindName } from './kinds';
import {
  asksWords,
  type Choice,
  type Choices,
  type Passage,
  type Piece,
  passages,
  pieces,
  type Retold,
  retold,
  standing,
  type Told,
  told,
} from './passages';
import './passages.css';

/** How many rows there are at first, and how many more each time. */
const rowsAtOnce = 100;

/** How many characters of a passage its name has. */
const nameLength = 60;

function clipped(text: string): string {
  const letters = [...text]; // none of them in halves
  return letters.length <= nameLength ? text : `${letters.slice(0, nameLength).join('').trimEnd()}…`;
}

/** What was chosen so far. */
export interface Draft {
  /** Of what, see standing. */
  of: string;
  split: ReadonlySet<number>;
  choices: Choices;
  why: string;
}

interface Props extends EditorProps {
  /** What was chosen before the form was left, or something else of the article changed. */
  draft: Draft | undefined;
  keep: (draft: Draft | undefined) => void;
}

export function Passages({ draft, keep, ...props }: Props) {
  const { article, name, close } = props;
  const change = useChange(props, draft?.why);
  const { said, why, made: done } = change;
  const [t] = useState(() => told(article.segments ?? [], (said?.value as Retold[] | undefined) ?? []));
  const of = useMemo(() => standing(t), [t]);
  const holds = draft?.of === of;
  const [split, setSplit] = useState<ReadonlySet<number>>(holds ? draft.split : new Set());
  const [choices, setChoices] = useState<Choices>(holds ? draft.choices : {});
  const [kept, setKept] = useState(t.lost.map((_, i) => String(i)));
  const [shown, setShown] = useState(rowsAtOnce);
  const [trouble, setTrouble] = useState<string>();
  // Words are no wrong ones while they are written; and what is told of them where the form is
  // left for its button would move that away.
  const [judged, setJudged] = useState(false);
  const all = useMemo(() => pieces(t, split), [t, split]);
  const made = useMemo(() => passages(t, all, choices), [t, all, choices]);
  const begins = useMemo(() => new Map(made.map((m) => [m.name, m])), [made]);
  // By row: whether something was chosen for its passage.
  const changed = useMemo(() => {
    let last: Passage | undefined;
    return all.map((p) => {
      last = begins.get(p.from) ?? last;
      return last?.changed === true;
    });
  }, [all, begins]);
  const script = scriptOf(article.language);
  // What is made is no draft any more, however the form is left.
  useEffect(() => keep(done ? undefined : { of, split, choices, why }), [keep, done, of, split, choices, why]);
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    // The button to show more may be gone: on with the first row that it showed.
    if (shown > rowsAtOnce) list.current?.children[shown - rowsAtOnce]?.querySelector('select')?.focus();
  }, [shown]);

  const choose = (p: Piece, to: { kind?: Choice; words?: string }) => {
    setTrouble(undefined);
    change.forget();
    setJudged(false);
    setChoices({ ...choices, [p.from]: { ...choices[p.from], ...to } });
  };
  const divide = (p: Piece) => {
    const others = new Set(split);
    if (!others.delete(p.segment)) others.add(p.segment);
    setSplit(others); // what was chosen of its lines is there when they are again
  };
  const submit = () => {
    setJudged(true);
    const wrong = made.find((m) => !m.stands);
    if (wrong) {
      setTrouble('The words of a passage stand elsewhere in it.');
      document.getElementById(wordsId(wrong))?.focus();
      return;
    }
    const lost = t.lost.filter((_, i) => kept.includes(String(i)));
    const value = retold(t, made, lost);
    if (value.length > 0) change.send(value);
    else if (said) change.send(undefined);
    else setTrouble('No passage is said to be anything else yet.');
  };
  return (
    <ChangeForm
      title={`Correct: ${name}`}
      change={change}
      holds="In later revisions it holds wherever the same words stand."
      submit={submit}
      close={() => {
        keep(undefined);
        close();
      }}
      trouble={trouble ?? change.error?.message}
    >
      <p className="aside">
        Say what a passage is where it was taken for something else; all others stay as they are found. Names, quotes
        and all else are found anew by that.
      </p>
      <ol ref={list} className="passages" aria-label="Passages of the text">
        {all.slice(0, shown).map((p, i) => (
          <Row
            key={p.from}
            of={p}
            told={t}
            passage={begins.get(p.from)}
            above={i > 0}
            changed={changed[i] === true}
            whole={all[i + 1]?.segment !== p.segment && p.first}
            judged={judged}
            words={choices[p.from]?.words ?? ''}
            script={script}
            choose={choose}
            divide={divide}
          />
        ))}
      </ol>
      {all.length > shown && (
        <p>
          <Button className="quiet" onPress={() => setShown(shown + rowsAtOnce)}>
            Show more: {plural(all.length - shown, 'passage')} left
          </Button>
        </p>
      )}
      {t.lost.length > 0 && (
        <CheckboxGroup value={kept} onChange={setKept} className="ask-items">
          <Label>Said of words that aren’t in the text any more, or no passage; for when they are again</Label>
          {t.lost.map((r, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two may have the same words
            <Checkbox key={i} value={String(i)} className="value">
              <span className="box" aria-hidden="true" />
              <span className="value-name">
                {kindName(r.kind)}: <span {...script}>{r.text}</span>
              </span>
            </Checkbox>
          ))}
        </CheckboxGroup>
      )}
    </ChangeForm>
  );
}

const wordsId = (m: Passage): string => `passage-words-${m.name}`;

interface RowProps {
  of: Piece;
  told: Told;
  /** The passage that begins with it. */
  passage: Passage | undefined;
  /** There is a passage above it. */
  above: boolean;
  /** Something was chosen for the passage that it belongs to. */
  changed: boolean;
  /** It is a whole segment. */
  whole: boolean;
  /** It was about to be sent as it is. */
  judged: boolean;
  words: string;
  script: Script;
  choose: (p: Piece, to: { kind?: Choice; words?: string }) => void;
  divide: (p: Piece) => void;
}

function Row({ of: p, told: t, passage, above, changed, whole, judged, words, script, choose, divide }: RowProps) {
  const choice = passage?.choice ?? 'above';
  const segment = t.segments[p.segment];
  const about = `“${clipped(p.text)}”`;
  const asks = passage && asksWords(t, passage);
  const wrong = passage !== undefined && !passage.stands && judged;
  const divides = whole ? `Line by line (${p.lines})` : 'As one again';
  const kinds = kindGroups.map((g) => (
    <optgroup key={g.label} label={g.label}>
      {g.kinds.map(([kind, called]) => (
        <option key={kind} value={kind}>
          {called}
        </option>
      ))}
    </optgroup>
  ));
  return (
    <li className={`passage${changed ? ' changed' : ''}${passage ? '' : ' joined'}`}>
      <div className="passage-text" {...script}>
        {p.text}
      </div>
      <div className="passage-is">
        <select
          aria-label={`What is ${about}?`}
          value={choice}
          onChange={(e) => choose(p, { kind: e.target.value as Choice })}
        >
          {choice === 'unknown' && <option value="unknown">{kindName('unknown')}</option>}
          {above && <option value="above">Goes on from above</option>}
          {whole && segment?.said && <option value="found">As it is found</option>}
          {kinds}
        </select>
        {segment?.said && p.first && <span className="aside">An editor says so</span>}
        {p.first && p.lines > 1 && (
          <button type="button" className="quiet" aria-label={`${divides}: ${about}`} onClick={() => divide(p)}>
            {divides}
          </button>
        )}
        {passage && asks && (
          <label>
            Only its {asks} words
            <input
              id={wordsId(passage)}
              aria-label={`Only its ${asks} words: ${about}`}
              value={words}
              placeholder="all of it"
              autoComplete="off"
              maxLength={1000}
              aria-invalid={wrong}
              aria-describedby={wrong ? `${wordsId(passage)}-wrong` : undefined}
              onChange={(e) => choose(p, { words: e.target.value })}
              {...script}
            />
          </label>
        )}
        {wrong && (
          <p className="trouble" id={`${wordsId(passage)}-wrong`}>
            The passage doesn’t {asks === 'last' ? 'end' : 'begin'} with these words.
          </p>
        )}
      </div>
    </li>
  );
}
