// What there is besides the search: what is kept, the help, the menu.
import { Button, Menu, MenuItem, MenuTrigger, Popover, Separator } from 'react-aria-components';
import { go, useAddress } from './address';
import type { OpenTool } from './Header';
import { may, opened } from './opened';
import { Help } from './search/Help';
import { SavedSearches } from './search/Saved';
import { HelpIcon, MoreIcon } from './ui/icons';
import { themes } from './ui/theme';
import { useTheme } from './ui/useTheme';

const themeNames = { system: 'As the system', light: 'Light', dark: 'Dark' };

export function Tools({ open, setOpen }: { open: OpenTool; setOpen: (open: OpenTool) => void }) {
  const address = useAddress();
  const [theme, setTheme] = useTheme();
  const view = address.get('view');
  return (
    <>
      {view === null && <SavedSearches open={open === 'saved'} setOpen={(o) => setOpen(o ? 'saved' : undefined)} />}
      <Button className="button plain icon" aria-label="Help: query language and keys" onPress={() => setOpen('help')}>
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
      <Help open={open === 'help'} close={() => setOpen(undefined)} />
    </>
  );
}
