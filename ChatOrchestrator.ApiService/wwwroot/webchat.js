// Puts a chat on any web page:
//
//   <script src="https://host/webchat.js" data-connection="CONNECTION-ID" async></script>
//
// Attributes:
//   data-connection  id of the web chat connection (required)
//   data-title       name shown in the panel's header and read by screen readers (default: the bot's name, "Chat")
//   data-color       colour of the button and of the visitor's messages, any CSS colour (default: blue)
//   data-position    "right" (default) or "left"
//   data-label       label of the button (default: "Open chat")
//
// Everything lives in a closed-off shadow tree with its own style sheet: the page's styles do not reach in, these do not
// leak out. A page with a Content-Security-Policy needs this host in script-src and frame-src, nothing more.
(() => {
  'use strict';

  const SOURCE = 'chatorchestrator-webchat';
  const script = document.currentScript ?? document.querySelector('script[data-connection][src*="webchat.js"]');
  const connection = script?.dataset.connection?.trim();
  if (!connection) {
    console.error('webchat.js: the script tag needs data-connection="…", the id of a web chat connection.');
    return;
  }
  const { title, color, position, label } = script.dataset;
  const address = new URL(`webchat/${encodeURIComponent(connection)}`, script.src);
  address.searchParams.set('embed', '1');
  if (title) {
    address.searchParams.set('title', title);
  }
  if (color) {
    address.searchParams.set('color', color);
  }

  const css = `
    :host { all: initial !important; }
    * { box-sizing: border-box; }
    .root {
      --accent: #2f5fd0; --on-accent: #fff; --side: 20px;
      font: 15px/1.4 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif;
    }
    .launcher {
      position: fixed; z-index: 2147483000; bottom: max(20px, env(safe-area-inset-bottom)); right: max(var(--side), env(safe-area-inset-right));
      width: 56px; height: 56px; margin: 0; padding: 0; border: 0; border-radius: 50%; cursor: pointer;
      display: grid; place-items: center; background: var(--accent); color: var(--on-accent);
      box-shadow: 0 2px 6px rgb(10 20 40 / 20%), 0 8px 24px rgb(10 20 40 / 22%); transition: transform .15s ease;
    }
    .left .launcher { right: auto; left: max(var(--side), env(safe-area-inset-left)); }
    .launcher:hover { transform: scale(1.05); }
    .launcher:focus-visible { outline: 3px solid #fff; outline-offset: 0; box-shadow: 0 0 0 6px #1a2029; }
    .launcher svg { width: 26px; height: 26px; grid-area: 1 / 1; transition: opacity .15s, transform .15s; }
    .open .icon-chat, .root:not(.open) .icon-close { opacity: 0; transform: scale(.6); }
    .badge {
      position: absolute; top: -3px; right: -3px; min-width: 21px; height: 21px; padding: 0 6px; border-radius: 11px;
      background: #c62828; color: #fff; font-size: 12px; font-weight: 700; line-height: 21px; text-align: center;
    }
    .panel {
      position: fixed; z-index: 2147483000; right: max(var(--side), env(safe-area-inset-right)); bottom: calc(max(20px, env(safe-area-inset-bottom)) + 70px);
      width: 400px; height: min(640px, calc(100dvh - 120px)); border-radius: 18px; overflow: hidden; background: Canvas;
      color-scheme: light dark; border: 1px solid rgb(128 140 160 / 35%); box-shadow: 0 4px 12px rgb(10 20 40 / 12%), 0 16px 48px rgb(10 20 40 / 24%);
      animation: rise .18s ease-out;
    }
    .left .panel { right: auto; left: max(var(--side), env(safe-area-inset-left)); }
    iframe { display: block; width: 100%; height: 100%; border: 0; color-scheme: light dark; }
    [hidden] { display: none !important; }
    @keyframes rise { from { opacity: 0; transform: translateY(12px); } }
    @media (max-width: 480px), (max-height: 420px) {
      .panel, .left .panel { inset: 0; width: 100%; height: 100dvh; border: 0; border-radius: 0; }
      .open .launcher { display: none; }
    }
    @media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
    @media print { .root { display: none; } }
  `;

  const SVG = 'http://www.w3.org/2000/svg';

  function icon(className, path) {
    const svg = document.createElementNS(SVG, 'svg');
    svg.setAttribute('viewBox', '0 0 24 24');
    svg.setAttribute('aria-hidden', 'true');
    svg.classList.add(className);
    const shape = document.createElementNS(SVG, 'path');
    for (const [name, value] of Object.entries({
      d: path, fill: 'none', stroke: 'currentColor', 'stroke-width': '2', 'stroke-linecap': 'round', 'stroke-linejoin': 'round',
    })) {
      shape.setAttribute(name, value);
    }
    svg.append(shape);
    return svg;
  }

  /** Black or white on the colour, by WCAG relative luminance; null if it is no colour. */
  function readableOn(value) {
    const context = document.createElement('canvas').getContext('2d');
    if (!context || !CSS.supports('color', value)) {
      return null;
    }
    context.fillStyle = value;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b] = context.getImageData(0, 0, 1, 1).data;
    const linear = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
    const luminance = 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    return 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 ? '#ffffff' : '#10141a';
  }

  function create() {
    if (document.querySelector(`[data-webchat="${CSS.escape(connection)}"]`)) {
      return; // The tag stands twice on the page.
    }
    const host = document.createElement('div');
    host.dataset.webchat = connection;
    // The page may style every div; inline and important is above all of that.
    host.style.setProperty('all', 'initial', 'important');
    const shadow = host.attachShadow({ mode: 'open' });
    // A constructed sheet is no inline style: it works under the strictest policy of the page.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    shadow.adoptedStyleSheets = [sheet];

    const root = document.createElement('div');
    root.className = position === 'left' ? 'root left' : 'root';
    const on = color ? readableOn(color) : null;
    if (on) {
      root.style.setProperty('--accent', color);
      root.style.setProperty('--on-accent', on);
    }

    const panel = document.createElement('div');
    panel.className = 'panel';
    panel.id = 'panel';
    panel.hidden = true;
    panel.setAttribute('role', 'dialog');
    panel.setAttribute('aria-label', title || 'Chat');

    const launcher = document.createElement('button');
    launcher.type = 'button';
    launcher.className = 'launcher';
    launcher.setAttribute('aria-controls', 'panel');
    const badge = document.createElement('span');
    badge.className = 'badge';
    badge.hidden = true;
    launcher.append(
      icon('icon-chat', 'M5 4h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z'),
      icon('icon-close', 'M6 9l6 6 6-6'),
      badge);

    let frame = null;
    let open = false;
    let unread = 0;

    function show() {
      root.classList.toggle('open', open);
      panel.hidden = !open;
      badge.hidden = unread === 0;
      badge.textContent = unread > 9 ? '9+' : String(unread);
      const closedLabel = unread > 0 ? `${label || 'Open chat'}, ${unread} new` : label || 'Open chat';
      launcher.setAttribute('aria-label', open ? 'Close chat' : closedLabel);
      launcher.setAttribute('aria-expanded', String(open));
    }

    function focusChat() {
      frame.focus();
      frame.contentWindow?.postMessage({ source: SOURCE, type: 'focus' }, address.origin);
    }

    function openChat() {
      open = true;
      unread = 0;
      if (!frame) {
        // Loaded when first wanted: the page pays nothing for a chat nobody opens.
        frame = document.createElement('iframe');
        frame.title = title || 'Chat';
        frame.allow = 'clipboard-write';
        frame.src = address.href;
        panel.append(frame);
      }
      show();
      focusChat();
    }

    function closeChat() {
      if (open) {
        open = false;
        show();
        launcher.focus();
      }
    }

    launcher.addEventListener('click', () => (open ? closeChat() : openChat()));
    document.addEventListener('keydown', (event) => {
      if (open && event.key === 'Escape' && !event.defaultPrevented) {
        closeChat();
      }
    });
    window.addEventListener('message', (event) => {
      if (!frame || event.source !== frame.contentWindow || event.origin !== address.origin || event.data?.source !== SOURCE) {
        return;
      }
      if (event.data.type === 'close') {
        closeChat();
      } else if (event.data.type === 'ready' && open) {
        focusChat();
      } else if (event.data.type === 'message' && !open) {
        unread++;
        show();
      }
    });

    root.append(panel, launcher);
    shadow.append(root);
    show();
    document.body.append(host);
  }

  if (document.body && document.readyState !== 'loading') {
    create();
  } else {
    document.addEventListener('DOMContentLoaded', create, { once: true });
  }
})();
