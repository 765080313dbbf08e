// Runs while the rest of the program is still on its way, and asks for what it will show first.
import { askEarly } from './api/search';

const address = new URLSearchParams(location.search);
if (!address.has('view')) askEarly(address);
