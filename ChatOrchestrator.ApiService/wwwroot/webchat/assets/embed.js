// The page inside the frame that webchat.js opens: title and colour from the address, messages to the page around it.

/** Black or white, whichever reads better on the colour (WCAG relative luminance); null if it is no colour. */
function readableOn(color) {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const context = canvas.getContext('2d');
  if (!context || !CSS.supports('color', color)) {
    return null;
  }
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  const [r, g, b] = context.getImageData(0, 0, 1, 1).data;
  const linear = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  return 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 ? '#ffffff' : '#10141a';
}

export function embed() {
  const query = new URLSearchParams(location.search);
  const embedded = query.get('embed') === '1';
  const title = query.get('title')?.trim().slice(0, 80) || null;
  const color = query.get('color');
  const root = document.documentElement;

  root.classList.toggle('embedded', embedded);
  const on = color && color.length <= 64 ? readableOn(color) : null;
  if (on) {
    root.style.setProperty('--accent', color);
    root.style.setProperty('--on-accent', on);
  }

  const framed = embedded && window.parent !== window;
  // Nothing secret is told, and the page around may be any: hence the target origin *.
  const tell = (type) => framed && window.parent.postMessage({ source: 'chatorchestrator-webchat', type }, '*');
  const frame = { embedded, title, onFocus: () => {}, announceMessage: () => tell('message') };

  if (framed) {
    const close = document.getElementById('close');
    close.hidden = false;
    close.addEventListener('click', () => tell('close'));
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !event.isComposing && !event.defaultPrevented) {
        tell('close');
      }
    });
    window.addEventListener('message', (event) => {
      if (event.source === window.parent && event.data?.source === 'chatorchestrator-webchat' && event.data.type === 'focus') {
        frame.onFocus();
      }
    });
    tell('ready');
  }
  return frame;
}
