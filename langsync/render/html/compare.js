// What differs between two texts: lines first, then words within lines.

const FARTHEST = 2500;

/**
 * The shortest way from one list to another (Myers), as runs of equal, removed and added things.
 *
 * Each run is [tag, i1, i2, j1, j2]. Where the two have too little in common, one run replaces all.
 */
function compare(before, after) {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  while (
    end < before.length - start && end < after.length - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  ) end++;
  const n = before.length - end, m = after.length - end;
  const steps = walk(before.slice(start, n), after.slice(start, m));
  const runs = [];
  const add = (tag, i1, i2, j1, j2) => {
    if (i1 === i2 && j1 === j2) return;
    const last = runs[runs.length - 1];
    if (last && last[0] === tag) [last[2], last[4]] = [i2, j2];
    else runs.push([tag, i1, i2, j1, j2]);
  };
  add('equal', 0, start, 0, start);
  let i = start, j = start;
  for (const [x, y, length] of steps || []) {
    add('replace', i, start + x, j, start + y);
    add('equal', start + x, start + x + length, start + y, start + y + length);
    [i, j] = [start + x + length, start + y + length];
  }
  add('replace', i, n, j, m);
  add('equal', n, before.length, m, after.length);
  return runs;
}

/** Runs that are the same on both sides, as [i, j, length]; null where that is too far to look. */
function walk(before, after) {
  const n = before.length, m = after.length;
  if (!n || !m) return [];
  const most = Math.min(n + m, FARTHEST);
  const reached = new Int32Array(2 * most + 3);
  const trace = [];
  for (let d = 0; d <= most; d++) {
    trace.push(reached.slice(most + 1 - d - 1, most + 1 + d + 2));
    for (let k = -d; k <= d; k += 2) {
      const at = most + 1 + k;
      let x = k === -d || (k !== d && reached[at - 1] < reached[at + 1])
        ? reached[at + 1] : reached[at - 1] + 1;
      while (x < n && x - k < m && before[x] === after[x - k]) x++;
      reached[at] = x;
      if (x >= n && x - k >= m) return back(trace, n, m);
    }
  }
  return null;
}

/** The equal runs on the way back from the end of both. */
function back(trace, n, m) {
  const runs = [];
  let x = n, y = m;
  for (let d = trace.length - 1; d >= 0; d--) {
    const row = trace[d], of = (k) => row[k + d + 1], k = x - y;
    const from = k === -d || (k !== d && of(k - 1) < of(k + 1)) ? k + 1 : k - 1;
    const [px, py] = d ? [of(from), of(from) - from] : [0, 0];
    let length = 0;
    for (; x > px && y > py; length++) [x, y] = [x - 1, y - 1];
    if (length) runs.push([x, y, length]);
    [x, y] = [px, py];
  }
  return runs.reverse();
}

const WORDS = /[\p{L}\p{N}_]+|\s|[^\p{L}\p{N}_\s]/gu;

/**
 * The lines of a replaced part, each as pieces [text, changed].
 *
 * Nothing is marked where less than a third of it is the same: then all of it is new.
 */
function marked(before, after) {
  const old = before.join('\n').match(WORDS) || [], now = after.join('\n').match(WORDS) || [];
  const runs = compare(old, now);
  const size = (tokens) => tokens.reduce((sum, one) => sum + one.trim().length, 0);
  const same = runs.reduce((sum, [tag, i1, i2]) => sum + (tag === 'equal' ? size(old.slice(i1, i2)) : 0), 0);
  const alike = before.length && after.length && 3 * same >= Math.max(size(old), size(now));
  const side = (tokens, from, to) => {
    const lines = [[]];
    for (const run of runs) {
      const parts = tokens.slice(run[from], run[to]).join('').split('\n');
      parts.forEach((part, number) => {
        if (number) lines.push([]);
        if (part) lines[lines.length - 1].push([part, alike && run[0] !== 'equal']);
      });
    }
    return lines;
  };
  return [before.length ? side(old, 1, 2) : [], after.length ? side(now, 3, 4) : []];
}
