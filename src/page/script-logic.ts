/**
 * The page's own script, as it stands in the page: plain JavaScript, its types in comments (a test has them checked). Here
 * what needs no page: rows from their JSON, search, filter, sort, and how text from outside is shown.
 */
export const LOGIC = String.raw`
/**
 * @typedef {(string | number)[]} Packed
 * @typedef {{ rows: Packed[], words: string[], kinds: string[], labels: string[], folders: string[], base: number,
 *   reasons: Record<string, string> }} Data
 * @typedef {{ i: number, kind: number, bucket: string, key: string, reason: string, before: string, after: string,
 *   steps: string, message: string, hint: string, who: string, rule: string, source: string, planned: boolean }} Row
 * @typedef {{ kinds: Set<number>, folder: string | undefined, search: string }} Filter
 * @typedef {{ by: string, down: boolean }} Order
 */

/**
 * What cannot be seen becomes what JavaScript would write for it, so that no name turns a line round or hides a part of
 * itself.
 * @param {string} text
 */
function visible(text) {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/gu, (c) => {
    if (c === '\n') return '\\n';
    if (c === '\r') return '\\r';
    if (c === '\t') return '\\t';
    const code = (c.codePointAt(0) ?? 0).toString(16);
    return code.length > 4 ? '\\u{' + code + '}' : '\\u' + code.padStart(4, '0');
  });
}

/**
 * A row as it was before it was packed; its texts can be shown.
 * @param {Data} data
 * @param {number} i
 * @returns {Row}
 */
function unpack(data, i) {
  const packed = data.rows[i] ?? [];
  /** @param {number} at */
  const text = (at) => {
    const cell = packed[at] ?? 0;
    return visible(typeof cell === 'string' ? cell : cell === 0 ? '' : (data.words[cell - 1] ?? ''));
  };
  const before = packed[4] ?? 0;
  const after = packed[5] ?? 0;
  return {
    i,
    kind: Number(packed[0] ?? 0),
    bucket: text(1),
    key: text(2),
    reason: text(3),
    before: before === 0 ? '' : before === '' ? 'nothing' : String(before).startsWith('m') ? 'deleted' : text(4).slice(1),
    after: after === 0 ? '' : after === '' ? 'deleted' : text(5),
    steps: text(6),
    message: text(7),
    hint: text(8),
    who: text(9),
    rule: text(10),
    source: text(11),
    planned: after !== 0,
  };
}

/**
 * The folder of a key, one level below the scope's.
 * @param {string} key
 * @param {number} base
 */
function folderOf(key, base) {
  const slash = key.indexOf('/', base);
  return slash === -1 ? key.slice(0, base) : key.slice(0, slash + 1);
}

/**
 * All that can be found of a row, in small letters.
 * @param {Data} data
 * @param {number} i
 */
function haystack(data, i) {
  const row = unpack(data, i);
  const ids = [data.rows[i]?.[4], data.rows[i]?.[5]].filter((id) => typeof id === 'string').join('\n');
  return [row.key, row.bucket, row.reason, row.message, row.steps, row.who, row.rule, row.source, visible(ids)]
    .join('\n')
    .toLowerCase();
}

/**
 * The rows that pass, by their places, in the order in which they came. No name is ever a pattern.
 * @param {Data} data
 * @param {Filter} filter
 * @param {(i: number) => string} find what can be found of a row
 */
function passing(data, filter, find) {
  const search = visible(filter.search).toLowerCase();
  const { kinds, folder } = filter;
  const found = [];
  for (let i = 0; i < data.rows.length; i++) {
    const row = data.rows[i] ?? [];
    if (kinds.size > 0 && !kinds.has(Number(row[0]))) continue;
    if (folder !== undefined && folderOf(String(row[2]), data.base) !== folder) continue;
    if (search !== '' && !find(i).includes(search)) continue;
    found.push(i);
  }
  return found;
}

/**
 * Places of rows in another order; equals stay as they came. What is empty comes last, up and down.
 * @param {Data} data
 * @param {number[]} places
 * @param {Order} order
 */
function sorted(data, places, order) {
  if (order.by === '') return places;
  const sign = order.down ? -1 : 1;
  /** @type {(i: number) => string | number} */
  const of = order.by === 'kind' ? (i) => -Number(data.rows[i]?.[0] ?? 0) : (i) => cellOf(unpack(data, i), order.by);
  return places
    .map((i) => ({ i, value: of(i) }))
    .sort((a, b) => {
      if (a.value === b.value) return a.i - b.i;
      if (a.value === '') return 1;
      if (b.value === '') return -1;
      return a.value < b.value ? -sign : sign;
    })
    .map(({ i }) => i);
}

/**
 * What a column shows of a row.
 * @param {Row} row
 * @param {string} column
 */
function cellOf(row, column) {
  switch (column) {
    case 'bucket': return row.bucket;
    case 'reason': return row.reason === '' ? row.message : row.reason;
    case 'before': return row.before;
    case 'after': return row.after;
    case 'steps': return row.steps;
    case 'who': return row.who;
    default: return row.key;
  }
}
`;
