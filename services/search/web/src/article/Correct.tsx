// An editor's word on a field: it goes before all that is found, now and in later revisions.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import {
  Button,
  Checkbox,
  CheckboxGroup,
  Dialog,
  DialogTrigger,
  FieldError,
  Form,
  Heading,
  Input,
  Label,
  Modal,
  ModalOverlay,
  TextField,
} from 'react-aria-components';
import { articleKeys, correct, type Override, overrides, severalOf, takeBack } from '../api/article';
import { ApiError, type Article } from '../api/client';
import type { components } from '../api/schema';
import { may, opened } from '../opened';
import { scriptOf } from '../ui/script';
import { Time } from '../ui/Time';
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
  if (!editing() || !data?.correctable?.includes(field)) return null;
  return (
    <DialogTrigger>
      <Button className="quiet" aria-label={`Correct ${name}`}>
        Correct
      </Button>
      <ModalOverlay className="veil">
        <Modal className="modal narrow">
          <Dialog>
            {({ close }) => (
              <Frozen article={article} field={field} name={name} of={of} override={data} close={close} />
            )}
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}

// The form is of what stood there when it was opened: of anything else it begins anew, so that
// nobody's word is written over unseen.
function Frozen(props: EditorProps) {
  const { article, override } = props;
  const stands = `${override.number} ${article.revision}`;
  const [base, setBase] = useState(stands);
  // While a change is on its way, and when it is made, what stands is its own doing.
  const [held, setHeld] = useState(false);
  if (!held && base !== stands) {
    return (
      <div className="ask">
        <Heading slot="title">It changed meanwhile</Heading>
        <p>The article has a newer revision, or somebody else corrected it. Nothing of yours was sent.</p>
        <p className="ask-buttons">
          <Button className="button" onPress={props.close}>
            Cancel
          </Button>
          <Button className="button main" onPress={() => setBase(stands)} autoFocus>
            Look at what stands now
          </Button>
        </p>
      </div>
    );
  }
  if (!held && (override.seen ?? 0) < override.number && !override.fields.some((f) => f.field === props.field)) {
    return (
      <div className="ask">
        <Heading slot="title">A moment, please</Heading>
        <p>The article is being enriched again, after the last correction.</p>
        <p className="ask-buttons">
          <Button className="button" onPress={props.close}>
            Cancel
          </Button>
        </p>
      </div>
    );
  }
  return <Editor key={base} {...props} hold={setHeld} />;
}

// Of amounts some say which other one they give in another currency, by its place.
function withoutLost(kept: readonly unknown[], every: readonly unknown[]): unknown[] {
  return kept.map((item) => {
    const { conversion_of: of, ...rest } = item as { conversion_of?: number };
    const place = of === undefined ? -1 : kept.indexOf(every[of]);
    return place < 0 ? rest : { ...rest, conversion_of: place };
  });
}

interface EditorProps {
  article: Article;
  field: string;
  name: string;
  of?: ((item: unknown) => boolean) | undefined;
  override: Override;
  close: () => void;
}

function fieldOf(article: Article, field: string): unknown {
  return (article as unknown as Record<string, unknown>)[field];
}

function Editor({
  article,
  field,
  name,
  of = () => true,
  override,
  close,
  hold,
}: EditorProps & { hold: (held: boolean) => void }) {
  const cache = useQueryClient();
  const said = override.fields.find((f) => f.field === field);
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
  const [why, setWhy] = useState('');
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
  const change = useMutation({
    mutationFn: (back: boolean) =>
      back
        ? takeBack(article.uri, field, why.trim(), override.number)
        : correct(article.uri, field, value(), why.trim(), override.number),
    onMutate: () => hold(true),
    onSuccess: (now) => {
      cache.setQueryData(articleKeys.overrides(article.uri), (old: Override | undefined) => ({ ...old, ...now }));
      void cache.invalidateQueries({ queryKey: ['article', article.uri] });
    },
    onError: (e) => {
      hold(false);
      if (e instanceof ApiError && e.problem.status === 412)
        void cache.invalidateQueries({ queryKey: articleKeys.overrides(article.uri) });
    },
  });

  const problem = change.error instanceof ApiError ? change.error.problem : undefined;
  const several = problem && severalOf(problem, more);

  if (change.data) {
    return (
      <div className="ask">
        <Heading slot="title">{change.data.action ? 'Kept' : 'It says so already'}</Heading>
        <p>
          The article has it as soon as it was enriched again. It holds for later revisions, too
          {Array.isArray(now) || made[field] ? ': a list stays as it is, whatever they add.' : '.'}
        </p>
        <p className="ask-buttons">
          <Button className="button main" onPress={close} autoFocus>
            Close
          </Button>
        </p>
      </div>
    );
  }
  return (
    <Form
      className="ask"
      onSubmit={(e) => {
        e.preventDefault();
        change.mutate(false);
      }}
    >
      {/* What is found under a name is of one kind, and what is added may be of any. */}
      <Heading slot="title">Correct: {field === 'entities' ? `${name} and other names` : name}</Heading>
      {said && (
        <p className="aside">
          Corrected by {said.who ?? 'an editor'}, <Time at={said.at} />
          {said.reason && `: ${said.reason}`}
        </p>
      )}
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
      <TextField value={why} onChange={setWhy} maxLength={1000}>
        <Label>Why (kept with your name)</Label>
        <Input autoComplete="off" />
      </TextField>
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
      {change.error && several === undefined && (
        <p className="trouble" role="alert">
          {change.error.message}
        </p>
      )}
      <p className="ask-buttons">
        {said && (
          <Button className="button" isDisabled={change.isPending} onPress={() => change.mutate(true)}>
            Take the correction back
          </Button>
        )}
        <Button className="button" onPress={close}>
          Cancel
        </Button>
        <Button className="button main" type="submit" isDisabled={change.isPending}>
          Correct
        </Button>
      </p>
    </Form>
  );
}
