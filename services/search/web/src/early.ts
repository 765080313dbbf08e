// Runs while the rest of the program is still on its way: asks for what it will show first, and
// looks up the theme, as a browser's storage takes long to open.
import { askEarly } from './api/search';
import { applyTheme } from './ui/theme';

const address = new URLSearchParams(location.search);
if (!address.has('view')) askEarly(address);
applyTheme();
