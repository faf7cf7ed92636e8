// What a person does in an editor (editors.mjs), by chance.

export const kWords = ["stone", " and ", "märchen", "😀", "x", " ", "the quick brown fox "];

// mulberry32
export function randomOf(seed) {
  let state = seed | 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return (below) => Math.floor(next() * below);
}

// One thing that a person does; nobody can put a cursor into half a character.
export function act(editor, random, typed) {
  const words = editor.words(), isHalf = (at) => /[\udc00-\udfff]/.test(words[at] ?? "");
  const whole = (at) => at - (isHalf(at) ? 1 : 0);
  const at = whole(random(words.length + 1)), end = (length) => Math.max(0, whole(Math.min(at + length, words.length)) - at), what = random(10);
  if (what < 6) return editor.type(at, typed[random(typed.length)]);
  if (what < 8) return editor.remove(at, end(1 + random(3)));
  if (what < 9 && editor.bold) return editor.bold(at, end(1 + random(8)));
  return editor.split ? editor.split(at) : editor.type(at, " ");
}
