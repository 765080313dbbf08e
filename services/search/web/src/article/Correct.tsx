// An editor's word on a field: it goes before all that is found, now and in later revisions.
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import {
  Button,
  Checkbox,
  CheckboxGroup,
  Dialog,
  DialogTrigger,
  FieldError,
  Heading,
  Input,
  Label,
  Modal,
  ModalOverlay,
  TextField,
} from 'react-aria-components';
import { articleKeys, type Override, overrides, severalOf } from '../api/article';
import type { Article } from '../api/client';
import type { components } from '../api/schema';
import { may, opened } from '../opened';
import { scriptOf } from '../ui/script';
import { ChangeForm, type EditorProps, Kept, TakeBack, Trouble, useChange } from './Change';
import { type Draft, Passages } from './Passages';
import '../ui/ask.css';

const editing = (): boolean => opened.overrides && may('write');

/** What editors corrected of an article; nothing where the reader may not correct. */
export function useOverride(uri: string) {
  return useQuery({
    queryKey: articleKeys.overrides(uri),
    queryFn: ({ signal }) => overrides(uri, signal),
    enabled: editing(),
    staleTime: 5_000,
    // A correction is kept at once, and in the article as soon as it was enriched again.
    refetchInterval: ({ state }) => (state.data && (state.data.seen ?? 0) < state.data.number ? 2_000 : false),
  });
}

// What of an item tells people which it is.
function nameOf(item: unknown): string {
  if (typeof item === 'string') return item;
  const i = item as Record<string, unknown>;
  const name = i.name ?? i.label ?? i.phrase ?? i.text ?? i.qcode;
  return [name, i.speaker, i.type].filter((s) => typeof s === 'string').join(', ');
}

// What an editor adds by a few words, where the field's items can be told so.
const made: Record<string, ((words: string, kind: string) => unknown) | undefined> = {
  entities: (name, type) => ({ type, name }),
  places: (name) => ({ name }),
  keyphrases: (phrase) => ({ phrase }),
  topics: (qcode) => ({ qcode: qcode.startsWith('medtop:') ? qcode : `medtop:${qcode}` }),
  cited_media: (name) => name,
};

// Whose words have to stand in the text: of others the service would leave them out without a word.
const inText = new Set(['entities', 'keyphrases']);

// What an editor may add of a place that several have the name of, by its id.
type Candidate = components['schemas']['Candidate'];
const candidateName = (c: Candidate): string =>
  [c.name, c.within, c.country, c.population ? `${c.population.toLocaleString('en')} inhabitants` : undefined]
    .filter((s) => s !== undefined)
    .join(', ');

const plain = new Set(['language', 'agency', 'summary']);

interface Props {
  article: Article;
  field: string;
  name: string;
  /** The items that it is about: of entities, those of a type. The others stay as they are. */
  of?: (item: unknown) => boolean;
}

export function Correct({ article, field, name, of }: Props) {
  const { data } = useOverride(article.uri);
  const [draft, keep] = useState<Draft>();
  if (!editing() || !data?.correctable?.includes(field)) return null;
  return (
    <DialogTrigger>
      <Button className="quiet" aria-label={`Correct ${name}`}>
        Correct
      </Button>
      <ModalOverlay className="veil">
        <Modal className={field === 'segments' ? 'modal' : 'modal narrow'}>
          <Dialog>
            {({ close }) => <Frozen {...{ article, field, name, of, override: data, close, draft, keep }} />}
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}

// Whether the article lacks what the form begins with: what an editor said is told by the
// override itself, but of segments only single ones, so that the two must be of one time.
function lacks(article: Article, override: Override, field: string): boolean {
  if (field === 'segments') return (article.corrections?.number ?? 0) !== override.number;
  return (override.seen ?? 0) < override.number && !override.fields.some((f) => f.field === field);
}

interface FrozenProps extends Omit<EditorProps, 'hold'>, Pick<Props, 'of'> {
  draft: Draft | undefined;
  keep: (draft: Draft | undefined) => void;
}

// Until the article has what was said last there is nothing to begin with, but that may be taken back.
function Waits(props: EditorProps) {
  const change = useChange(props);
  if (change.made) return <Kept made={change.made} holds="" close={props.close} />;
  return (
    <div className="ask">
      <Heading slot="title">A moment, please</Heading>
      <p>The article is being enriched again, after the last correction.</p>
      <Trouble>{change.error?.message}</Trouble>
      <p className="ask-buttons">
        <TakeBack change={change} />
        <Button className="button" onPress={props.close}>
          Cancel
        </Button>
      </p>
    </div>
  );
}

// The form is of what stood there when it was opened: of anything else it begins anew, so that
// nobody's word is written over unseen.
function Frozen(props: FrozenProps) {
  const { article, override, field } = props;
  const stands = `${override.number} ${article.revision}`;
  const waits = lacks(article, override, field);
  const [base, setBase] = useState(waits ? undefined : stands);
  const [held, setHeld] = useState(false);
  if (base === undefined) {
    if (!waits && !held) setBase(stands);
    return <Waits {...props} hold={setHeld} />;
  }
  if (!held && base !== stands) {
    return (
      <div className="ask">
        <Heading slot="title">It changed meanwhile</Heading>
        <p>The article has a newer revision, or somebody else corrected it. Nothing of yours was sent.</p>
        <p className="ask-buttons">
          <Button className="button" onPress={props.close}>
            Cancel
          </Button>
          <Button className="button main" onPress={() => setBase(waits ? undefined : stands)} autoFocus>
            Look at what stands now
          </Button>
        </p>
      </div>
    );
  }
  const Form = field === 'segments' ? Passages : Editor;
  return <Form key={base} {...props} hold={setHeld} />;
}

// Of amounts some say which other one they give in another currency, by its place.
function withoutLost(kept: readonly unknown[], every: readonly unknown[]): unknown[] {
  return kept.map((item) => {
    const { conversion_of: of, ...rest } = item as { conversion_of?: number };
    const place = of === undefined ? -1 : kept.indexOf(every[of]);
    return place < 0 ? rest : { ...rest, conversion_of: place };
  });
}

function fieldOf(article: Article, field: string): unknown {
  return (article as unknown as Record<string, unknown>)[field];
}

function Editor({ of = () => true, ...props }: EditorProps & Pick<Props, 'of'>) {
  const { article, field, name, close } = props;
  const change = useChange(props);
  const { said, problem } = change;
  // What an editor said goes before what the article has got of it so far.
  const now = said && 'value' in said && said.value !== undefined ? said.value : fieldOf(article, field);
  const every = Array.isArray(now) ? (now as unknown[]) : [];
  const items = every.filter(of);
  const text = typeof now === 'string' ? now : ((now as { text?: string } | undefined)?.text ?? '');
  const [kept, setKept] = useState(items.map((_, i) => String(i)));
  const [words, setWords] = useState(plain.has(field) ? text : '');
  const usual = of({ type: 'organisation' }) && !of({ type: 'person' }) ? 'organisation' : 'person';
  const [added, setAdded] = useState<string[]>([]);
  // That of the words that are being written has no name yet.
  const [kinds, setKinds] = useState<Record<string, string>>({});
  const keyOf = (w: string) => (added.includes(w) ? w : '');
  const kindOf = (w: string) => kinds[keyOf(w)] ?? usual;
  const [ids, setIds] = useState<Record<string, number>>({});
  const more = made[field] ? [...new Set([...added, words.trim()])].filter((w) => w !== '') : [];
  // What was cut to be told can't be said.
  const unseen = (made[field] && said?.unseen?.filter((n) => !n.endsWith('…'))) || [];

  const value = (): unknown => {
    if (field === 'summary') return words.trim() === '' ? null : { text: words.trim() };
    if (plain.has(field)) return words.trim();
    const list = every.filter((item) => !of(item) || kept.includes(String(items.indexOf(item))));
    if (field === 'amounts') return withoutLost(list, every);
    const make = made[field];
    return [...list, ...more.map((w) => (ids[w] ? { name: w, geonames_id: ids[w] } : make?.(w, kindOf(w))))];
  };
  const several = problem && severalOf(problem, more);
  return (
    <ChangeForm
      // What is found under a name is of one kind, and what is added may be of any.
      title={`Correct: ${field === 'entities' ? `${name} and other names` : name}`}
      change={change}
      holds={`It holds for later revisions, too${Array.isArray(now) || made[field] ? ': a list stays as it is, whatever they add.' : '.'}`}
      submit={() => change.send(value())}
      close={close}
      trouble={several === undefined ? change.error?.message : ''}
    >
      {items.length > 0 && (
        <CheckboxGroup value={kept} onChange={setKept} className="ask-items">
          <Label>What is right of it</Label>
          {items.map((item, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two items may have one name
            <Checkbox key={i} value={String(i)} className="value">
              <span className="box" aria-hidden="true" />
              <span className="value-name" {...scriptOf(article.language)}>
                {nameOf(item)}
              </span>
            </Checkbox>
          ))}
        </CheckboxGroup>
      )}
      {said?.unseen && (
        <p className="aside">
          The text has changed since: {said.unseen.length} found that this correction doesn’t know
          {unseen.length === 0 && `: ${said.unseen.join(', ')}`}
        </p>
      )}
      {unseen.length > 0 && (
        <CheckboxGroup value={added} onChange={setAdded} className="ask-items">
          <Label>What is right of that</Label>
          {unseen.map((name) => (
            <Checkbox key={name} value={name} className="value">
              <span className="box" aria-hidden="true" />
              <span className="value-name" dir="auto">
                {name}
              </span>
            </Checkbox>
          ))}
        </CheckboxGroup>
      )}
      {(plain.has(field) || made[field]) && (
        <TextField
          value={words}
          onChange={setWords}
          maxLength={1000}
          validate={(w) =>
            inText.has(field) && !(article.segments ?? []).some((s) => s.text.includes(w.trim()))
              ? 'These words are not in the text.'
              : null
          }
        >
          <Label>
            {plain.has(field) ? name : field === 'topics' ? 'And a topic, by its code' : 'And, in words of the text'}
          </Label>
          <Input autoComplete="off" />
          <FieldError className="trouble" />
        </TextField>
      )}
      {field === 'entities' &&
        more.map((w) => (
          <label key={keyOf(w)}>
            <span>
              <span dir="auto">{w}</span> is a
            </span>
            <select value={kindOf(w)} onChange={(e) => setKinds({ ...kinds, [keyOf(w)]: e.target.value })}>
              <option value="person">person</option>
              <option value="organisation">organisation</option>
              <option value="place">place</option>
              <option value="other">something else</option>
            </select>
          </label>
        ))}
      {several !== undefined && (
        <label>
          Which {several} is it?
          <select value={ids[several] ?? ''} onChange={(e) => setIds({ ...ids, [several]: Number(e.target.value) })}>
            <option value="" />
            {problem?.candidates
              ?.filter((c) => c.geonames_id)
              .map((c) => (
                <option key={c.geonames_id} value={c.geonames_id}>
                  {candidateName(c)}
                </option>
              ))}
          </select>
        </label>
      )}
    </ChangeForm>
  );
}
