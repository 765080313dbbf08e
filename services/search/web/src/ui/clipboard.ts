// Puts text where it can be pasted from. Over plain HTTP browsers have no clipboard but the old one.

/** Copies a text that may still be on its way. Call it where the reader did something: later, browsers refuse. */
export async function copy(text: string | Promise<string>): Promise<void> {
  if (navigator.clipboard === undefined) {
    selected(await text);
    return;
  }
  // A text that comes later is promised at once: some browsers forget who clicked.
  if (typeof text !== 'string' && typeof ClipboardItem !== 'undefined') {
    const blob = text.then((t) => new Blob([t], { type: 'text/plain' }));
    await navigator.clipboard.write([new ClipboardItem({ 'text/plain': blob })]);
    return;
  }
  await navigator.clipboard.writeText(await text);
}

function selected(text: string): void {
  const before = document.activeElement;
  const at = document.createElement('textarea');
  at.value = text;
  at.className = 'unseen';
  at.readOnly = true;
  (before?.closest('[role="dialog"]') ?? document.body).append(at);
  at.select();
  const done = document.execCommand('copy');
  at.remove();
  if (before instanceof HTMLElement) before.focus();
  if (!done) throw new Error('The browser doesn’t let the page copy. Select the text, and copy it.');
}
