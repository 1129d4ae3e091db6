// The lines of two texts, beside each other or one below the other.

const CONTEXT = 3, AT_ONCE = 400;

/** The rows of a comparison: {old, now}, each [number, pieces] or null; or {gap: rows}. */
function rowsOf(before, after) {
  const old = before === null ? [] : before.split('\n'), now = after === null ? [] : after.split('\n');
  const runs = compare(old, now), rows = [];
  runs.forEach(([tag, i1, i2, j1, j2], number) => {
    if (tag === 'replace') {
      const [left, right] = marked(old.slice(i1, i2), now.slice(j1, j2));
      for (let k = 0; k < Math.max(left.length, right.length); k++) {
        rows.push({
          old: k < left.length ? [i1 + k + 1, left[k]] : null,
          now: k < right.length ? [j1 + k + 1, right[k]] : null,
          changed: true,
        });
      }
      return;
    }
    const same = [];
    for (let k = i1; k < i2; k++) {
      const pieces = old[k] ? [[old[k], false]] : [];
      same.push({ old: [k + 1, pieces], now: [j1 + k - i1 + 1, pieces] });
    }
    const head = number ? CONTEXT : 0, tail = number < runs.length - 1 ? CONTEXT : 0;
    if (same.length <= head + tail + 2) rows.push(...same);
    else rows.push(...same.slice(0, head), { gap: same.slice(head, same.length - tail) },
      ...same.slice(same.length - tail));
  });
  return rows;
}

function cell(side, sign, changed) {
  if (!side) return el('td', { class: 'text none' });
  const mark = sign === '+' ? 'ins' : 'del';
  const parts = side[1].map(([text, isNew]) => (isNew && changed ? el(mark, null, harmless(text)) : harmless(text)));
  const said = changed ? el('span', { class: 'unseen' }, sign === '+' ? 'added: ' : 'removed: ') : null;
  return el('td', { class: `text ${changed ? mark : ''}` }, said, parts);
}

const numberOf = (side) => el('td', { class: 'number', 'aria-hidden': 'true' }, side ? String(side[0]) : '');
const signOf = (sign) => el('td', { class: 'sign', 'aria-hidden': 'true' }, sign);

/** One row of texts beside each other. */
function beside({ old, now, changed }) {
  return [el('tr', null, numberOf(old), cell(old, '-', changed), numberOf(now), cell(now, '+', changed))];
}

/** The same as lines of their own, first what is removed; of a whole block of rows. */
function below(rows) {
  const line = (left, right, sign, side) => el('tr', null, numberOf(left), numberOf(right),
    signOf(sign === '+' ? '+' : sign === '-' ? '−' : ' '), cell(side, sign, sign !== ' '));
  const found = [];
  for (let at = 0; at < rows.length;) {
    if (!rows[at].changed) {
      found.push(line(rows[at].old, rows[at].now, ' ', rows[at].now));
      at++;
      continue;
    }
    let end = at;
    while (end < rows.length && rows[end].changed) end++;
    const block = rows.slice(at, end);
    found.push(...block.filter((row) => row.old).map((row) => line(row.old, null, '-', row.old)));
    found.push(...block.filter((row) => row.now).map((row) => line(null, row.now, '+', row.now)));
    at = end;
  }
  return found;
}

/** A button in a row of its own that makes way for other rows. */
function opener(words, make, first) {
  const row = el('tr', { class: 'gap' });
  const open = () => {
    const made = make();
    const cells = made.map((one) => one.querySelector('td.text')).filter(Boolean);
    row.replaceWith(...made);
    if (cells[0]) { cells[0].tabIndex = -1; cells[0].focus({ preventScroll: true }); }
  };
  row.append(el('td', { colspan: '4' }, el('button', { type: 'button', onclick: open }, words)));
  return row;
}

/** Rows as elements; what is the same, and what is very long, behind a button. */
function shown(rows, sideways) {
  const draw = (some) => (sideways ? some.flatMap(beside) : below(some));
  const found = [];
  let block = [];
  const flush = () => { found.push(...draw(block)); block = []; };
  for (const row of rows) {
    if (!row.gap) { block.push(row); continue; }
    flush();
    found.push(opener(`${counted(row.gap.length, 'unchanged line')}`, () => shown(row.gap, sideways)));
  }
  flush();
  if (found.length <= AT_ONCE + 20) return found;
  const rest = found.slice(AT_ONCE);
  return [...found.slice(0, AT_ONCE), ...later(rest)];
}

function later(rest) {
  if (rest.length <= AT_ONCE + 20) return rest.length ? [opener(counted(rest.length, 'more line'), () => rest)] : [];
  return [opener(counted(rest.length, 'more line'), () => [...rest.slice(0, AT_ONCE), ...later(rest.slice(AT_ONCE))])];
}

/** A table of what differs between two texts; null for a side that is not there. */
function differenceTable(before, after, name, sideways) {
  const both = before !== null && after !== null;
  const split = sideways && both;
  return el('div', { class: 'scroll' },
    el('table', { class: `lines ${split ? 'beside' : 'below'}` },
      el('caption', { class: 'unseen' }, `${name}: ${both ? 'what differs' : before === null ? 'added' : 'removed'}`),
      el('colgroup', null, (split ? ['number', 'text', 'number', 'text'] : ['number', 'number', 'sign', 'text'])
        .map((name) => el('col', { class: name }))),
      el('tbody', null, shown(rowsOf(before, after), split))));
}
