// Searches that this browser keeps, each an address that can be given to others.
import { useState } from 'react';
import { Button, Dialog, DialogTrigger, Form, Input, Label, Popover, TextField } from 'react-aria-components';
import { hrefOf, patchOf, useAddress } from '../address';
import { chosen, orderOf } from '../api/search';
import { copy as put } from '../ui/clipboard';
import { CloseIcon, StarIcon } from '../ui/icons';
import { Link } from '../ui/Link';
import { useStored } from '../ui/useStored';
import { nameOf, useTopicNames } from './Chips';
import './saved.css';

interface Saved {
  name: string;
  search: string;
}

/** How many are kept. */
export const maxSaved = 100;

function read(text: string): Saved[] {
  try {
    const all: unknown = JSON.parse(text);
    return Array.isArray(all)
      ? all.filter((s): s is Saved => typeof s?.name === 'string' && typeof s?.search === 'string')
      : [];
  } catch {
    return [];
  }
}

export function useSaved(): [Saved[], (all: Saved[]) => void] {
  const [text, setText] = useStored('searches', '[]');
  return [read(text), (all) => setText(JSON.stringify(all.slice(0, maxSaved)))];
}

/** What a search is kept as: what chooses articles, and their order. */
function searchOf(address: URLSearchParams): string {
  const search = chosen(address);
  if (orderOf(address) === 'relevance') search.set('sort', 'relevance');
  return search.toString();
}

// What it is called, if its reader doesn't say otherwise.
function offered(address: URLSearchParams, topics: ReadonlyMap<string, string>): string {
  return [...chosen(address)]
    .map(([name, value]) => (name === 'q' ? value : nameOf(name, value, topics.get(value))))
    .join(', ')
    .slice(0, 80);
}

// Where programs get the same search.
function elsewhere(search: string): [string, string][] {
  const and = search === '' ? '' : `${search}&`;
  return [
    ['CSV', `/v1/export?${and.replace('sort=relevance&', '')}format=csv`],
    ['NDJSON', `/v1/export?${and.replace('sort=relevance&', '')}format=ndjson`],
    ['Atom', `/v1/articles?${and}format=atom`],
    ['JSON Feed', `/v1/articles?${and}format=jsonfeed`],
    ['ninjs', `/v1/articles?${and}format=ninjs`],
  ];
}

export function SavedSearches({ open, setOpen }: { open: boolean; setOpen: (open: boolean) => void }) {
  const address = useAddress();
  const [saved, setSaved] = useSaved();
  const [written, setName] = useState<string>();
  const [copied, setCopied] = useState('');
  const topics = useTopicNames();
  const search = searchOf(address);
  const here = saved.find((s) => s.search === search);
  const show = (o: boolean) => {
    setOpen(o);
    setCopied('');
    setName(undefined);
  };
  const name = written ?? here?.name ?? offered(address, topics);
  const copy = async (of: string) => {
    try {
      await put(location.origin + hrefOf(new URLSearchParams(of)));
      setCopied(of);
    } catch {
      setCopied('');
    }
  };
  return (
    <DialogTrigger isOpen={open} onOpenChange={show}>
      <Button className="button plain icon" aria-label="Saved searches">
        <StarIcon />
      </Button>
      <Popover className="popover" placement="bottom end">
        <Dialog className="saved" aria-label="Saved searches">
          {search !== '' && (
            <Form
              className="saved-new"
              onSubmit={(e) => {
                e.preventDefault();
                if (name.trim() === '') return;
                setSaved([{ name: name.trim(), search }, ...saved.filter((s) => s.search !== search)]);
              }}
            >
              <TextField value={name} onChange={setName} maxLength={80}>
                <Label>{here ? 'This search is kept as' : 'Keep this search as'}</Label>
                <Input autoComplete="off" />
              </TextField>
              <Button className="button main" type="submit">
                {here ? 'Rename' : 'Keep'}
              </Button>
            </Form>
          )}
          {saved.length === 0 ? (
            <p className="saved-none">No searches are kept in this browser yet.</p>
          ) : (
            <ul className="saved-list">
              {saved.map((s) => (
                <li key={s.search}>
                  <Link
                    to={patchOf(new URLSearchParams(s.search))}
                    fresh
                    onClick={() => show(false)}
                    aria-current={s.search === search ? 'true' : undefined}
                  >
                    {s.name}
                  </Link>
                  <Button className="quiet" onPress={() => void copy(s.search)}>
                    {copied === s.search ? 'Copied' : 'Copy link'}
                  </Button>
                  <Button
                    className="button plain icon"
                    aria-label={`Forget ${s.name}`}
                    onPress={() => setSaved(saved.filter((o) => o.search !== s.search))}
                  >
                    <CloseIcon />
                  </Button>
                </li>
              ))}
            </ul>
          )}
          <p className="elsewhere">
            This search as{' '}
            {elsewhere(search).map(([name, href]) => (
              <a key={name} className="quiet" href={href}>
                {name}
              </a>
            ))}
          </p>
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
