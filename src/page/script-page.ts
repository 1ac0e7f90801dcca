/** Filters, the details of a row, light and dark: what ties the page together. */
export const PAGE = `
/** @param {Data} data */
function openPage(data) {
  const number = new Intl.NumberFormat('en-US');
  const search = element('search', HTMLInputElement);
  const folder = element('folder', HTMLSelectElement);
  const clear = element('clear', HTMLButtonElement);
  const status = element('status', HTMLElement);
  const grid = element('grid', HTMLTableElement);
  const heads = [...grid.querySelectorAll('th')];
  const kindButtons = buttons('[data-kind]');
  const folderButtons = buttons('[data-folder]');
  const table = openTable(data, openDetail(data));
  /** @type {string[]} */
  const found = [];
  /** @param {number} i */
  const find = (i) => (found[i] ??= haystack(data, i));
  /** @type {Set<number>} */
  const kinds = new Set();
  /** @type {Order} */
  let order = { by: '', down: false };

  for (const [i, name] of data.folders.entries()) {
    const option = document.createElement('option');
    option.value = String(i);
    option.textContent = name === '' ? '(no folder)' : visible(name);
    folder.append(option);
  }

  function update() {
    const filter = {
      kinds,
      folder: folder.value === '' ? undefined : data.folders[Number(folder.value)],
      search: search.value,
    };
    const places = sorted(data, passing(data, filter, find), order);
    table.show(places);
    const isAll = places.length === data.rows.length;
    const keys = data.rows.length === 1 ? ' key' : ' keys';
    status.textContent = isAll
      ? number.format(places.length) + keys
      : number.format(places.length) + ' of ' + number.format(data.rows.length) + keys;
    element('none', HTMLElement).hidden = places.length > 0;
    element('printed', HTMLElement).hidden = places.length <= MAX_PRINTED;
    clear.disabled = isAll && kinds.size === 0 && folder.value === '' && search.value === '';
    for (const button of kindButtons) press(button, kinds.has(Number(button.dataset.kind)));
    for (const button of folderButtons) press(button, folder.value !== '' && button.dataset.folder === folder.value);
    for (const th of heads) {
      const isBy = th.dataset.column === order.by;
      th.setAttribute('aria-sort', isBy ? (order.down ? 'descending' : 'ascending') : 'none');
    }
  }

  search.addEventListener('input', update);
  folder.addEventListener('change', update);
  for (const button of kindButtons) {
    button.addEventListener('click', () => {
      const kind = Number(button.dataset.kind);
      if (!kinds.delete(kind)) kinds.add(kind);
      update();
    });
  }
  for (const button of folderButtons) {
    button.addEventListener('click', () => {
      const own = button.dataset.folder ?? '';
      folder.value = folder.value === own ? '' : own;
      update();
    });
  }
  clear.addEventListener('click', () => {
    kinds.clear();
    folder.value = '';
    search.value = '';
    update();
    search.focus();
  });
  for (const th of heads) {
    th.querySelector('button')?.addEventListener('click', () => {
      const by = th.dataset.column ?? '';
      // Up, down, and back to the order in which they came.
      if (order.by !== by) order = { by, down: false };
      else order = order.down ? { by: '', down: false } : { by, down: true };
      update();
    });
  }
  update();
  // So that the first letter that is typed is as fast as the others.
  let ready = 0;
  function prepare() {
    const end = Math.min(data.rows.length, ready + 5000);
    while (ready < end) find(ready++);
    if (ready < data.rows.length) setTimeout(prepare);
  }
  setTimeout(prepare, 100);
}

/** @param {string} selector */
function buttons(selector) {
  return [...document.querySelectorAll(selector)].filter((one) => one instanceof HTMLButtonElement);
}

/**
 * @param {HTMLButtonElement} button
 * @param {boolean} isPressed
 */
function press(button, isPressed) {
  button.setAttribute('aria-pressed', String(isPressed));
}

/**
 * All that is known of a key, in whole.
 * @param {Data} data
 * @returns {(row: Row) => void}
 */
function openDetail(data) {
  const dialog = element('detail', HTMLDialogElement);
  const list = element('detail-list', HTMLElement);
  element('detail-close', HTMLButtonElement).addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  return (row) => {
    const packed = data.rows[row.i] ?? [];
    const before = packed[4];
    const marker = typeof before === 'string' && before[0] === 'm' ? visible(before.slice(1)) : '';
    const hasFrom = before !== undefined && before !== 0;
    /** @type {[string, string, boolean][]} */
    const facts = [
      ['Key', row.key, true],
      ['Bucket', row.bucket, true],
      ['Outcome', data.labels[row.kind] ?? '', false],
      ['Reason', row.reason, true],
      ['Meaning', Object.hasOwn(data.reasons, row.reason) ? (data.reasons[row.reason] ?? '') : '', false],
      [data.kinds[row.kind] === 'conflict' ? 'Found' : 'Message', row.message, false],
      ['What to do', row.hint, false],
      ['Before', hasFrom ? (marker === '' ? row.before : 'deleted: delete marker ' + marker) : '', true],
      ['Back to', row.planned ? (row.after === 'deleted' ? 'deleted, or not there' : row.after) : '', true],
      ['Comes from', row.source, true],
      [row.planned && !hasFrom ? 'File' : 'Plan', row.steps, false],
      ['Who', row.who, true],
      ['Rule', row.rule, true],
    ];
    list.replaceChildren(
      ...facts
        .filter(([, text]) => text !== '')
        .map(([title, text, isCode]) => {
          const pair = make('div', '', '');
          const value = make('dd', '', '');
          value.append(make(isCode ? 'code' : 'span', '', text));
          pair.append(make('dt', '', title), value);
          return pair;
        }),
    );
    dialog.showModal();
  };
}

const THEMES = ['auto', 'light', 'dark'];

/** Light or dark: as the system has it, until somebody says otherwise. */
function openTheme() {
  const button = element('theme', HTMLButtonElement);
  let theme = remembered();

  function show() {
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = 'Theme: ' + theme;
  }
  button.addEventListener('click', () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto';
    try {
      localStorage.setItem('s3-rollback-theme', theme);
    } catch {
      // A page from disk may not be allowed to remember anything.
    }
    show();
  });
  button.hidden = false;
  show();
}

function remembered() {
  try {
    const theme = localStorage.getItem('s3-rollback-theme') ?? '';
    return THEMES.includes(theme) ? theme : 'auto';
  } catch {
    return 'auto';
  }
}

openTheme();
if (document.getElementById('data') !== null) {
  openPage(JSON.parse(element('data', HTMLScriptElement).textContent ?? ''));
  element('keys', HTMLElement).classList.add('ready');
}
`;
