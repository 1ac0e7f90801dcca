/** The table: only the rows that can be seen are in the page, whatever their number. */
export const TABLE = String.raw`
/**
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
function element(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error('no ' + id);
  return found;
}

/**
 * @param {string} name
 * @param {string} className
 * @param {string} text
 */
function make(name, className, text) {
  const made = document.createElement(name);
  if (className !== '') made.className = className;
  made.textContent = text;
  return made;
}

/** Rows beyond those that can be seen, above and below. */
const SPARE = 10;
const MAX_PRINTED = 1000;

/**
 * A key on one line: what does not fit is left out of its middle, for its end mostly tells more. Only what is read from left
 * to right can be parted.
 * @param {string} key
 */
function keyElement(key) {
  const whole = make('span', 'key', '');
  const parts = key.length > 24 && !/[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]|[\ud802-\ud83b]/.test(key);
  let at = parts ? key.length - 12 : key.length;
  // No character is halved.
  if (/[\udc00-\udfff]/.test(key.charAt(at))) at += 1;
  whole.append(make('span', 'start', key.slice(0, at)));
  if (parts) whole.append(make('span', 'end', key.slice(at)));
  return whole;
}

/**
 * @param {Data} data
 * @param {(row: Row) => void} onOpen
 */
function openTable(data, onOpen) {
  const box = element('box', HTMLElement);
  const grid = element('grid', HTMLTableElement);
  const body = element('rows', HTMLTableSectionElement);
  const columns = [...grid.querySelectorAll('th')].map((th) => th.dataset.column ?? '');
  /** @type {number[]} */
  let places = [];
  let active = 0;
  let height = 36;
  let printing = false;

  /**
   * @param {number} at
   * @param {number} place
   */
  function rowElement(at, place) {
    const row = unpack(data, place);
    const tr = make('tr', at === active ? 'active' : '', '');
    tr.id = 'row-' + at;
    tr.dataset.at = String(at);
    tr.setAttribute('aria-rowindex', String(at + 2));
    tr.setAttribute('aria-selected', String(at === active));
    for (const column of columns) {
      const td = make('td', 'c-' + column, '');
      td.setAttribute('role', 'gridcell');
      if (column === 'kind') {
        td.append(make('span', 'badge k-' + data.kinds[row.kind], data.labels[row.kind] ?? ''));
      } else if (column === 'key') {
        const more = [cellOf(row, 'reason'), row.steps].filter((text) => text !== '').join(' · ');
        td.append(keyElement(row.key), make('span', 'more', more));
      } else {
        td.textContent = cellOf(row, column);
      }
      tr.append(td);
    }
    return tr;
  }

  /** @param {number} rows */
  function pad(rows) {
    const tr = make('tr', 'pad', '');
    tr.setAttribute('aria-hidden', 'true');
    const td = document.createElement('td');
    td.style.height = rows * height + 'px';
    tr.append(td);
    return tr;
  }

  function draw() {
    const first = printing ? 0 : Math.max(0, Math.floor(box.scrollTop / height) - SPARE);
    const seen = Math.ceil(box.clientHeight / height) + 2 * SPARE;
    const last = Math.min(places.length, printing ? MAX_PRINTED : first + seen);
    /** @type {HTMLElement[]} */
    const rows = [];
    if (first > 0) rows.push(pad(first));
    for (let at = first; at < last; at++) rows.push(rowElement(at, places[at] ?? 0));
    if (last < places.length && !printing) rows.push(pad(places.length - last));
    body.replaceChildren(...rows);
    const isThere = active >= first && active < last;
    if (isThere) grid.setAttribute('aria-activedescendant', 'row-' + active);
    else grid.removeAttribute('aria-activedescendant');
  }

  /** Rows are of one height, which the style and the reader's font decide. */
  function measure() {
    const tr = body.querySelector('tr:not(.pad)');
    const found = tr === null ? 0 : tr.getBoundingClientRect().height;
    if (found > 0 && found !== height) {
      height = found;
      draw();
    }
  }

  /** @param {number} at */
  function moveTo(at) {
    if (places.length === 0) return;
    active = Math.max(0, Math.min(places.length - 1, at));
    const head = grid.tHead === null ? 0 : grid.tHead.offsetHeight;
    const top = active * height;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + height + head > box.scrollTop + box.clientHeight) box.scrollTop = top + height + head - box.clientHeight;
    draw();
  }

  function open() {
    const place = places[active];
    if (place !== undefined) onOpen(unpack(data, place));
  }

  let waiting = false;
  box.addEventListener('scroll', () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  });
  window.addEventListener('resize', () => {
    draw();
    measure();
  });
  window.addEventListener('beforeprint', () => {
    printing = true;
    draw();
  });
  window.addEventListener('afterprint', () => {
    printing = false;
    draw();
  });
  body.addEventListener('click', (event) => {
    const tr = event.target instanceof Element ? event.target.closest('tr[data-at]') : null;
    if (!(tr instanceof HTMLElement) || String(window.getSelection()) !== '') return;
    moveTo(Number(tr.dataset.at));
    open();
  });
  grid.addEventListener('keydown', (event) => {
    if (event.target !== grid || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(box.clientHeight / height) - 2);
    /** @type {Record<string, number>} */
    const moves = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: places.length - 1,
    };
    const to = moves[event.key];
    if (to !== undefined) moveTo(to);
    else if (event.key === 'Enter' || event.key === ' ') open();
    else return;
    event.preventDefault();
  });

  return {
    /** @param {number[]} shown */
    show(shown) {
      places = shown;
      active = 0;
      box.scrollTop = 0;
      grid.setAttribute('aria-rowcount', String(places.length + 1));
      draw();
      measure();
    },
  };
}
`;
