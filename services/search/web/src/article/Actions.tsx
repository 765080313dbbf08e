// What can be done with an article: taken along as text, ninjs or link, or seen as it arrived.
import { useState } from 'react';
import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { hrefOf } from '../address';
import { below, inFormat } from '../api/article';
import type { Article } from '../api/client';
import { copy as put } from '../ui/clipboard';
import { ShareIcon } from '../ui/icons';

export function Actions({ article: a }: { article: Article }) {
  const [said, setSaid] = useState('');
  const copy = async (what: string, text: () => Promise<string> | string) => {
    try {
      await put(text());
      setSaid(`${what} copied`);
    } catch (e) {
      setSaid(e instanceof Error ? e.message : `${what} not copied`);
    }
  };
  const link = () => location.origin + hrefOf(new URLSearchParams({ uri: a.uri }));
  return (
    <>
      <span className="said" role="status">
        {said}
      </span>
      <MenuTrigger onOpenChange={() => setSaid('')}>
        <Button className="button plain icon" aria-label="Copy and formats">
          <ShareIcon />
        </Button>
        <Popover className="popover" placement="bottom end">
          <Menu
            className="menu"
            aria-label="Copy and formats"
            onAction={(key) => {
              if (key === 'text') void copy('Text', () => inFormat(a.uri, a.revision, 'text'));
              else if (key === 'ninjs') void copy('ninjs', () => inFormat(a.uri, a.revision, 'ninjs'));
              else if (key === 'link') void copy('Link', link);
            }}
          >
            <MenuItem id="text" className="menu-item">
              Copy as text
            </MenuItem>
            <MenuItem id="ninjs" className="menu-item">
              Copy as ninjs
            </MenuItem>
            <MenuItem id="link" className="menu-item">
              Copy the link
            </MenuItem>
            <MenuItem
              id="original"
              className="menu-item"
              href={below(a.uri, '/original', { revision: a.revision })}
              target="_blank"
            >
              Save as it arrived
            </MenuItem>
          </Menu>
        </Popover>
      </MenuTrigger>
    </>
  );
}
