// The fields of a change: texts and JSON by line, chats message by message.

/** The messages of two chats side by side: [old, now], one of them null where there is none. */
function paired(before, after) {
  const keys = (list) => list.map((one) => JSON.stringify(one));
  const found = [];
  for (const [tag, i1, i2, j1, j2] of compare(keys(before), keys(after))) {
    const old = before.slice(i1, i2), now = after.slice(j1, j2);
    if (tag === 'equal') { old.forEach((one) => found.push([one, one])); continue; }
    for (const one of old) {
      const at = now.findIndex((other) => other[0] === one[0]);
      if (at < 0) { found.push([one, null]); continue; }
      now.splice(0, at).forEach((other) => found.push([null, other]));
      found.push([one, now.shift()]);
    }
    now.forEach((other) => found.push([null, other]));
  }
  return found;
}

function messageView([old, now], sideways) {
  const [role] = old || now, name = role === 'placeholder' ? 'placeholder' : role;
  const fate = !old ? 'added' : !now ? 'removed' : old[1] === now[1] ? 'unchanged' : 'changed';
  const table = () => differenceTable(old && old[1], now && now[1], name, sideways);
  const title = [el('span', { class: 'role' }, harmless(name)), ' ', el('span', { class: 'dim' }, fate)];
  if (fate !== 'unchanged') return el('div', { class: `message ${fate}` }, el('p', { class: 'title' }, title), table());
  return lazily(el('details', { class: 'message unchanged' }, el('summary', null, title)), table);
}

function chatView(field, sideways) {
  const pairs = paired(field.before || [], field.after || []);
  return el('div', { class: 'chat' }, pairs.map((pair) => messageView(pair, sideways)));
}

/** Something that is made when it is opened first. */
function lazily(details, make) {
  details.addEventListener('toggle', () => {
    if (details.open && !details.dataset.made) {
      details.dataset.made = 'yes';
      details.append(make());
    }
  });
  return details;
}

const isShort = (text) => text === null || (text.length < 100 && !text.includes('\n'));

/** Two short values on one line. */
function shortView({ before, after }) {
  const side = (name, said, text) => (text === null ? [] : [el(name, null, el('span', { class: 'unseen' }, said), harmless(text))]);
  const arrow = before === null || after === null ? [] : [' → '];
  return el('p', { class: 'short' }, side('del', 'removed: ', before), arrow, side('ins', 'added: ', after));
}

function fieldView(field, sideways) {
  const { form, before, after, path } = field;
  let body = null;
  if (form === 'chat') body = chatView(field, sideways);
  else if (isShort(before) && isShort(after)) body = shortView(field);
  else body = differenceTable(before, after, path, sideways);
  return el('section', { class: 'field' }, el('h3', null, harmless(field.path)), body);
}

const list = (title, texts, name) => (texts.length
  ? el('div', { class: name }, el('h3', { class: 'unseen' }, title), el('ul', null, texts.map((one) => el('li', null, harmless(one)))))
  : null);

/** All there is to say of one change. */
function changeView(change, sideways) {
  const places = [];
  if (change.page) places.push(link(change.page, 'In Langfuse'));
  if (change.file) places.push(link(change.file, harmless(change.source)));
  else if (change.source) places.push(el('span', { class: 'dim' }, harmless(change.source)));
  const requests = change.requests.length
    ? el('details', { class: 'requests' }, el('summary', null, counted(change.requests.length, 'request')),
      el('ul', null, change.requests.map((one) => el('li', null, el('code', null, harmless(one))))))
    : null;
  return el('div', { class: 'body' },
    places.length ? el('p', { class: 'places' }, places.flatMap((one, at) => (at ? [' · ', one] : [one]))) : null,
    change.detail ? el('p', { class: 'failure' }, harmless(change.detail)) : null,
    list('Warnings', change.warnings, 'warnings'),
    list('Why', change.reasons, 'reasons'),
    change.fields.map((field) => fieldView(field, sideways)),
    change.fields.length ? null : el('p', { class: 'dim' }, 'No field differs.'),
    requests);
}
