// Keeps a page up to date. Everything works without it: it only fetches the page again when the server tells that
// something moved, and puts the parts that differ in the place of the old ones.
(() => {
  'use strict';
  const least = 1000;        // ms between two fetches
  const overview = 2200;     // ms after which the server reads its overview anew: the last event of a run wants a second look
  const others = 30000;      // ms after which it looks by itself: other servers of the ledger tell nothing here
  const news = document.getElementById('news');
  const pulse = document.getElementById('pulse');
  let last = 0, timer = 0, after = 0, busy = false, again = false, told = 0;

  const name = part => part.dataset.live;
  const inside = part => [...part.querySelectorAll('[data-live]')].map(name).join();

  function place(old, fresh) {
    if (old.outerHTML === fresh.outerHTML) return;
    // What a person has opened stays open, and focus stays where it is.
    for (const open of old.querySelectorAll('details[data-keep]')) {
      const same = fresh.querySelector(`details[data-keep="${CSS.escape(open.dataset.keep)}"]`);
      if (same) same.open = open.open;
    }
    if (old.isEqualNode(fresh)) return;
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const path = [];
    for (let node = focused; node && node !== old; node = node.parentElement) path.unshift([...node.parentElement.children].indexOf(node));
    const scrolled = [...old.querySelectorAll('.scroll')].map(s => s.scrollLeft);
    old.replaceWith(fresh);
    fresh.querySelectorAll('.scroll').forEach((s, i) => { s.scrollLeft = scrolled[i] || 0; });
    if (focused) path.reduce((node, i) => node && node.children[i], fresh)?.focus({ preventScroll: true });
  }

  async function refresh() {
    if (busy) { again = true; return; }
    busy = true;
    last = Date.now();
    try {
      const answer = await fetch(location.href, { headers: { Accept: 'text/html' }, credentials: 'same-origin' });
      if (answer.redirected || !answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const fresh = new Map([...page.querySelectorAll('[data-live]')].map(part => [name(part), part]));
      for (const old of document.querySelectorAll('[data-live]')) {
        const part = fresh.get(name(old));
        // A part that holds others is replaced as a whole only when one of them came or went.
        if (part && old.isConnected && !(old.querySelector('[data-live]') && inside(old) === inside(part))) place(old, part);
      }
    } catch {
      // The server is away; the feed tells when it is back.
    } finally {
      busy = false;
      if (again) { again = false; soon(); }
    }
  }

  function soon() {
    if (timer || document.hidden) return;
    timer = setTimeout(() => { timer = 0; refresh(); }, Math.max(0, last + least - Date.now()));
  }

  // A screen reader is told of finished windows only, and of no more than one every five seconds.
  function tell(data) {
    if (!data || !data.job || !data.window || Date.now() - told < 5000) return;
    told = Date.now();
    news.textContent = `${data.job} ${data.window}: ${data.state}`;
  }

  // What an action did is told once: a reload shows the page as it is.
  const here = new URL(location.href);
  if (here.searchParams.has('done')) {
    here.searchParams.delete('done');
    history.replaceState(null, '', here);
  }

  if (!document.querySelector('[data-live]') || !window.EventSource) return;
  const feed = new EventSource('/api/v1/events');
  feed.onopen = () => { pulse.hidden = false; soon(); };
  feed.onerror = () => { pulse.hidden = true; };
  const moved = event => {
    soon();
    clearTimeout(after);
    after = setTimeout(soon, overview);
    if (event.type !== 'finished') return;
    try { tell(JSON.parse(event.data)); } catch { /* not ours to read */ }
  };
  for (const kind of ['planned', 'moved', 'progress', 'finished', 'missed']) feed.addEventListener(kind, moved);
  setInterval(() => { if (Date.now() - last >= others) soon(); }, others / 3);
  document.addEventListener('visibilitychange', () => { if (!document.hidden) soon(); });
})();
