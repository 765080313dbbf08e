// What modules of the page look for when they are loaded.
const page = new EventTarget();

Object.assign(globalThis, {
  navigator: { onLine: true },
  location: { origin: 'http://page.test', search: '' },
  document: Object.assign(new EventTarget(), { hidden: false, documentElement: { dataset: {} } }),
  addEventListener: page.addEventListener.bind(page),
  removeEventListener: page.removeEventListener.bind(page),
  dispatchEvent: page.dispatchEvent.bind(page),
});
