// Many items of a dataset as one table, each of them whole when it is opened.

const ITEMS_AT_ONCE = 100, COLUMNS = ['input', 'expected_output', 'metadata'];

/** A value on one line, cut where it is long. */
function brief(text, most = 140) {
  const flat = harmless((text || '').slice(0, 4 * most).replace(/\s+/g, ' ')).trim();
  return flat.length > most || (text || '').length > 4 * most ? `${flat.slice(0, most)}…` : flat;
}

const plain = (value) => (Array.isArray(value) ? value.map((one) => one.join(': ')).join(' ') : value);

function itemCell(change, column) {
  const found = change.fields.filter(({ path }) => path.split(/[.[]/)[0] === column);
  const parts = found.map(({ path, before, after }) => {
    const [old, now] = [before, after].map(plain);
    const deeper = path === column ? null : el('span', { class: 'dim' }, `${harmless(path.slice(column.length))} `);
    return el('div', null, deeper,
      old === null ? null : el('del', null, brief(old)), old === null || now === null ? null : ' ',
      now === null ? null : old === null ? brief(now) : el('ins', null, brief(now)));
  });
  return el('td', null, parts.length ? parts : el('span', { class: 'dim' }, '–'));
}

function itemRow(change, group) {
  const id = change.address.slice(change.kind.length + 1 + (group ? group.length + 1 : 0));
  const button = el('button', { type: 'button', class: 'item', 'aria-expanded': 'false' }, harmless(id));
  const row = el('tr', null, el('th', { scope: 'row' }, button, ' ', outcome(change)),
    COLUMNS.map((column) => itemCell(change, column)));
  let whole = null;
  button.addEventListener('click', () => {
    if (whole) { whole.remove(); whole = null; } else {
      whole = el('tr', { class: 'whole' }, el('td', { colspan: String(COLUMNS.length + 1) }, changeView(change, state.sideways)));
      row.after(whole);
    }
    button.setAttribute('aria-expanded', String(Boolean(whole)));
  });
  return row;
}

/** A table of items. */
function itemTable(changes, group) {
  const body = el('tbody');
  const more = el('button', { type: 'button', class: 'more' });
  let count = 0;
  const step = changes.some(deletes) ? changes.length : ITEMS_AT_ONCE;
  const add = () => {
    const rows = changes.slice(count, count + step).map((one) => itemRow(one, group));
    body.append(...rows);
    count += rows.length;
    more.textContent = counted(changes.length - count, 'more item');
    more.hidden = count >= changes.length;
  };
  more.addEventListener('click', add);
  add();
  const heads = ['item', ...COLUMNS].map((name) => el('th', { scope: 'col' }, name));
  return el('div', { class: 'body' },
    el('div', { class: 'scroll' },
      el('table', { class: 'items' },
        el('caption', { class: 'unseen' }, `Items of ${group}`), el('thead', null, el('tr', null, heads)), body)),
    more);
}
