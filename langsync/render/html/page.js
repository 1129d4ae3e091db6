// The page: what stands above, what is shown, and the changes.

const data = JSON.parse(document.getElementById('data').textContent);
const SIGNS = { create: '+', update: '~', replace: '±', archive: '−', delete: '−', changed: '!', missing: '!', affected: '→' };
const ENTRIES_AT_ONCE = 250;
const state = { query: '', off: new Set(), sideways: window.matchMedia('(min-width: 60rem)').matches };
const status = document.getElementById('status'), place = document.getElementById('changes');

function heading() {
  const { project, environment, run } = data;
  const where = [link(project.page, harmless(project.name)), ' at ', harmless(project.host)];
  if (environment) where.push(', environment ', el('strong', null, harmless(environment)));
  if (run) where.push(' · ', link(run, 'the run'));
  return [el('h1', null, `langsync ${data.what}`), el('p', { class: 'where' }, where),
    el('p', { class: 'headline' }, harmless(data.headline)), ...['refusal', 'warning', 'note'].map(alerts)];
}

function alerts(level) {
  const texts = data.alerts.filter((one) => one.level === level).map((one) => harmless(one.text));
  if (!texts.length) return null;
  const title = { refusal: 'Apply will not start', warning: 'Look out', note: 'Notes' }[level];
  const items = el('ul', null, texts.map((one) => el('li', null, one)));
  const open = level !== 'note' && texts.length <= 10;
  return el('details', { class: `alert ${level}`, open }, el('summary', null, `${title} (${texts.length})`), items);
}

/** How many changes have each value. */
function tally(changes, name) {
  const counts = new Map();
  for (const one of changes) if (one[name]) counts.set(one[name], (counts.get(one[name]) || 0) + 1);
  return counts;
}

/** A box for each value that changes have, to show those or not. */
function boxes(title, name) {
  const counts = tally(data.changes, name);
  if (counts.size < 2) return null;
  return el('fieldset', null, el('legend', null, title), [...counts].map(([value, count]) => {
    const key = `${name}:${value}`;
    const toggle = (event) => { state.off[event.target.checked ? 'delete' : 'add'](key); refresh(); };
    return el('label', null, el('input', { type: 'checkbox', checked: true, onchange: toggle }),
      ` ${harmless(value.replace('_', ' '))} `, el('span', { class: 'dim' }, String(count)));
  }));
}

function tools() {
  let waiting = 0;
  const search = el('input', { type: 'search', id: 'search', placeholder: 'Search names and texts', 'aria-label': 'Search', 'aria-keyshortcuts': '/' });
  search.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { state.query = search.value.toLowerCase(); refresh(); }, 120);
  });
  const side = el('button', { type: 'button', 'aria-pressed': String(state.sideways) }, 'Side by side');
  side.addEventListener('click', () => {
    state.sideways = !state.sideways;
    side.setAttribute('aria-pressed', String(state.sideways));
    again();
  });
  const all = (open) => () => {
    for (const one of place.querySelectorAll(':scope > details')) one.open = open;
  };
  const dark = el('button', { type: 'button', onclick: turn }, 'Light or dark');
  return [search, boxes('Kind', 'kind'), boxes('Action', 'action'), boxes('Outcome', 'outcome'), boxes('Origin', 'origin'),
    el('div', { class: 'buttons', role: 'group', 'aria-label': 'View' }, side,
      el('button', { type: 'button', onclick: all(true) }, 'Open all'), el('button', { type: 'button', onclick: all(false) }, 'Close all'), dark)];
}

function turn() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : window.matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
}

const hay = new WeakMap();
function matches(change) {
  if (['kind', 'action', 'outcome', 'origin'].some((name) => change[name] && state.off.has(`${name}:${change[name]}`))) return false;
  if (!state.query) return true;
  if (!hay.has(change)) {
    const { address, deployments, reasons, warnings, fields, detail } = change;
    const texts = fields.flatMap(({ path, before, after }) => [path, before, after]).flat(2);
    hay.set(change, [address, ...deployments, ...reasons, ...warnings, detail, ...texts].join('\n').toLowerCase());
  }
  return hay.get(change).includes(state.query);
}

/** Whether something is deleted: that is in view from the start, however much there is. */
const deletes = ({ action }) => action === 'delete' || action === 'replace';

const outcome = (change) => (change.outcome ? el('span', { class: `badge ${change.outcome}` }, change.outcome) : null);

function summary(change, title) {
  const remote = change.doubtful ? 'in no commit' : 'changed in Langfuse';
  const origin = { remote, conflict: 'changed in Langfuse and in Git', unknown: 'origin unknown' }[change.origin];
  return el('summary', null,
    el('span', { class: `sign ${change.action}`, 'aria-hidden': 'true' }, SIGNS[change.action] || '·'),
    el('span', { class: 'name' }, harmless(title)), ' ', el('span', { class: `badge ${change.action}` }, change.action), ' ', outcome(change),
    change.deployments.length ? el('span', { class: 'moves' }, harmless(change.deployments.join(', '))) : null,
    origin ? el('span', { class: 'badge origin' }, origin) : null,
    change.warnings.length ? el('span', { class: 'badge warned' }, counted(change.warnings.length, 'warning')) : null);
}

const entries = new Map();

/** What shows some changes; the one that did so before, if those are the same. */
function entry(key, changes, head, make) {
  const old = entries.get(key);
  if (old && old.changes.length === changes.length && old.changes.every((one, at) => one === changes[at])) return old.details;
  const details = lazily(el('details', { class: 'change' }, head()), make);
  details.open = old ? old.details.open : changes.length > 1 && changes.some(deletes);
  entries.set(key, { changes, details, make });
  return details;
}

/** What is shown, items of one dataset and action together. */
function grouped(changes) {
  const found = [], groups = new Map();
  for (const one of changes) {
    if (one.kind !== 'dataset_item') { found.push([one]); continue; }
    const key = `${one.group}\n${one.action}`;
    if (!groups.has(key)) { groups.set(key, []); found.push(groups.get(key)); }
    groups.get(key).push(one);
  }
  return found;
}

function entryOf(changes) {
  const [first] = changes;
  if (first.kind !== 'dataset_item') return entry(first, changes, () => summary(first, first.address), () => changeView(first, state.sideways));
  const { group } = first, warnings = changes.flatMap((one) => one.warnings);
  const title = `${group ? `dataset/${group}: ` : ''}${counted(changes.length, 'item')}`;
  const origin = changes.every((one) => one.origin === first.origin) ? first.origin : 'git';
  const outcomes = [...tally(changes, 'outcome')];
  const head = () => {
    const made = summary({ ...first, outcome: '', origin, warnings }, title);
    made.append(...outcomes.map(([name, count]) => el('span', { class: `badge ${name}` }, `${count} ${name}`)));
    return made;
  };
  return entry(`${group}\n${first.action}`, changes, head, () => itemTable(changes, group));
}

function refresh() {
  const found = data.changes.filter(matches), listed = grouped(found);
  status.textContent = found.length === data.changes.length
    ? counted(found.length, 'change') : `${found.length} of ${counted(data.changes.length, 'change')}`;
  const more = el('button', { type: 'button', class: 'more' });
  const first = Math.max(ENTRIES_AT_ONCE, listed.findLastIndex((changes) => changes.some(deletes)) + 1);
  let count = 0;
  const add = () => {
    const made = listed.slice(count, count ? count + ENTRIES_AT_ONCE : first).map(entryOf);
    count += made.length;
    more.before(...made);
    more.textContent = `Show more: ${listed.length - count} are left`;
    more.hidden = count >= listed.length;
    return made[0];
  };
  more.addEventListener('click', () => add().querySelector('summary').focus());
  place.replaceChildren(more);
  add();
}

/** Make everything again that was opened, as the view is another one. */
function again() {
  for (const { details, make } of entries.values()) {
    if (!details.dataset.made) continue;
    details.lastElementChild.remove();
    if (details.open) details.append(make());
    else delete details.dataset.made;
  }
}

function keys(event) {
  const typing = event.target.closest('input, textarea') && event.target.type !== 'checkbox';
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === '/') {
    event.preventDefault();
    document.getElementById('search').focus();
  } else if (event.key === 'j' || event.key === 'k') {
    const all = [...place.querySelectorAll(':scope > details > summary')];
    const at = all.indexOf(document.activeElement?.closest('#changes > details')?.firstElementChild);
    all[Math.min(all.length - 1, Math.max(0, at + (event.key === 'j' ? 1 : -1)))]?.focus();
  }
}

document.getElementById('head').append(...heading().filter(Boolean));
const form = document.getElementById('tools');
form.append(...tools().filter(Boolean));
form.addEventListener('submit', (event) => event.preventDefault());
document.addEventListener('keydown', keys);
refresh();
if (data.changes.length === 1) place.querySelector('details').open = true;
