// Elements, of texts only: nothing here reads markup.

/**
 * An element. Properties are attributes, but `on…`, which are listeners; null and false are left out.
 */
function el(name, properties, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties || {})) {
    if (value === null || value === false || value === undefined) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** A text that moves no cursor and turns no direction: such characters are spelt out. */
function harmless(text) {
  return text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  );
}

/** A link to a page of Langfuse or of a forge; plain words where the address is anything else. */
function link(address, words) {
  if (!/^https?:\/\//.test(address)) return words;
  return el('a', { href: address, rel: 'noopener noreferrer', target: '_blank' }, words);
}

/** `1 change`, `3 changes`. */
function counted(number, word) {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}
