// The bar on top: whose page it is, the query box, what there is besides.
import { useState } from 'react';
import { Button, Menu, MenuItem, MenuTrigger, Popover, Separator } from 'react-aria-components';
import { go, useAddress } from './address';
import { may, opened } from './opened';
import { Help } from './search/Help';
import { QueryBox } from './search/QueryBox';
import { SavedSearches } from './search/Saved';
import { HelpIcon, MoreIcon } from './ui/icons';
import { useKeys } from './ui/keys';
import { Link } from './ui/Link';
import { themes, useTheme } from './ui/theme';

const themeNames = { system: 'As the system', light: 'Light', dark: 'Dark' };

export function Header() {
  const address = useAddress();
  const [help, setHelp] = useState(false);
  const [theme, setTheme] = useTheme();
  const searching = address.get('view') === null;
  useKeys({ '?': () => setHelp(true) });
  return (
    <header className="masthead">
      <p className="brand">
        <Link to={{}} fresh>
          Copytaster
        </Link>
      </p>
      {searching ? <QueryBox /> : <h1 className="where">Operator’s view</h1>}
      <nav className="tools" aria-label="Tools">
        {searching && <SavedSearches />}
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
                if (key === 'operator') go({ view: searching ? 'operator' : null });
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
                  {searching ? 'Operator’s view' : 'Back to the articles'}
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
      </nav>
      <form id="leave" action="/logout" method="post" hidden />
      <Help open={help} close={() => setHelp(false)} />
    </header>
  );
}
