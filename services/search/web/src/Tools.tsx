// What there is besides the search: what is kept, the help, the menu.
import { useState } from 'react';
import { Button, Menu, MenuItem, MenuTrigger, Popover, Separator } from 'react-aria-components';
import { go, useAddress } from './address';
import { may, opened, seesEmbargoes } from './opened';
import { Help } from './search/Help';
import { SavedSearches } from './search/Saved';
import { HelpIcon, MoreIcon } from './ui/icons';
import { useLateKeys } from './ui/keys';
import { Link } from './ui/Link';
import { themes } from './ui/theme';
import { useTheme } from './ui/useTheme';

const themeNames = { system: 'As the system', light: 'Light', dark: 'Dark' };

export function Tools() {
  const address = useAddress();
  const [help, setHelp] = useState(false);
  const [theme, setTheme] = useTheme();
  const view = address.get('view');
  useLateKeys({ '?': () => setHelp(true) });
  return (
    <>
      {view === null && <SavedSearches />}
      {seesEmbargoes && (
        <Link
          className="button plain"
          to={{ view: 'embargo' }}
          fresh
          aria-current={view === 'embargo' ? 'page' : undefined}
        >
          Embargo
        </Link>
      )}
      <Button className="button plain icon" aria-label="Help: query language and keys" onPress={() => setHelp(true)}>
        <HelpIcon />
      </Button>
      <MenuTrigger>
        <Button className="button plain icon" aria-label="Menu">
          <MoreIcon />
        </Button>
        <Popover className="popover">
          <Menu
            className="menu"
            aria-label="Menu"
            onAction={(key) => {
              if (key === 'operator') go({ view: view === 'operator' ? null : 'operator' });
              else if (key === 'leave') (document.getElementById('leave') as HTMLFormElement | null)?.requestSubmit();
              else setTheme(themes.find((t) => t === key) ?? 'system');
            }}
          >
            {themes.map((t) => (
              <MenuItem key={t} id={t} textValue={themeNames[t]} className="menu-item">
                {themeNames[t]}
                {t === theme && <span className="tick"> ✓</span>}
              </MenuItem>
            ))}
            {may('operate') && opened.operator && <Separator className="menu-rule" />}
            {may('operate') && opened.operator && (
              <MenuItem id="operator" className="menu-item">
                {view === 'operator' ? 'Back to the articles' : 'Operator’s view'}
              </MenuItem>
            )}
            {opened.leave && <Separator className="menu-rule" />}
            {opened.leave && (
              <MenuItem id="leave" textValue="Log out" className="menu-item">
                Log out {opened.name}
              </MenuItem>
            )}
          </Menu>
        </Popover>
      </MenuTrigger>
      <form id="leave" action="/logout" method="post" hidden />
      <Help open={help} close={() => setHelp(false)} />
    </>
  );
}
