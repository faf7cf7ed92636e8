#include "platform/http/docs_page_assets.h"

namespace ashlar::http {

// The colours are the console's (console/src/ui/styles/tokens.css), so are the stone's right
// angles.
const std::string_view kDocsStyle = R"css(
:root {
  color-scheme: light dark;
  --page: light-dark(#ece8df, #131211);
  --surface: light-dark(#f8f6f1, #1b1a18);
  --hover: light-dark(#e4decf, #2c2a27);
  --joint: light-dark(#d9d2c3, #35322d);
  --ink: light-dark(#211f1b, #ede9e0);
  --soft: light-dark(#58524a, #b8b1a4);
  --accent: light-dark(#0f5a45, #7fd3b8);
  --wash: light-dark(#dfece5, #17332a);
  --danger: light-dark(#95271a, #f2a194);
  --focus: light-dark(#1d5fd0, #8db8ff);
  --mono: 'IBM Plex Mono', ui-monospace, 'SFMono-Regular', Menlo, Consolas, monospace;
}
:root[data-theme='light'] { color-scheme: light; }
:root[data-theme='dark'] { color-scheme: dark; }
*, *::before, *::after { box-sizing: border-box; }
html { background: var(--page); text-size-adjust: 100%; scroll-padding-top: 1rem; }
body {
  margin: 0;
  font: 400 0.9375rem/1.55 'IBM Plex Sans Variable', ui-sans-serif, system-ui, sans-serif;
  color: var(--ink);
}
a { color: var(--accent); text-underline-offset: 0.2em; text-decoration-thickness: 1px; }
a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
h1, h2, h3, h4, p, ul, dl, pre { margin: 0; }
h1, h2, h3, h4 { font-weight: 600; line-height: 1.3; }
ul { padding: 0; list-style: none; }
code, pre, .path { font-family: var(--mono); font-size: 0.9375em; }
.skip { position: absolute; left: -100vw; padding: 0.5rem 1rem; background: var(--surface); }
.skip:focus { left: 1rem; top: 1rem; z-index: 2; }
.frame {
  display: grid;
  grid-template-columns: 17rem minmax(0, 1fr);
  max-width: 88rem;
  margin: 0 auto;
}
.side {
  position: sticky;
  top: 0;
  align-self: start;
  max-height: 100dvh;
  overflow-y: auto;
  padding: 1.5rem 1.25rem 3rem;
}
.name { display: flex; align-items: center; gap: 0.625rem; font-size: 1.0625rem; font-weight: 600; }
.name svg { width: 1.5rem; height: 1.5rem; flex: none; }
.side input {
  width: 100%;
  margin: 1.25rem 0 0;
  padding: 0.4rem 0.625rem;
  border: 1px solid light-dark(#857c6a, #817a6d);
  border-radius: 2px;
  font: inherit;
  color: inherit;
  background: var(--surface);
}
.side summary { display: none; }
.side h2 { margin: 1.5rem 0 0.25rem; font-size: 0.8125rem; color: var(--soft); }
.side li a {
  display: flex;
  gap: 0.5rem;
  padding: 0.2rem 0.5rem;
  margin: 0 -0.5rem;
  font-size: 0.875rem;
  color: inherit;
  text-decoration: none;
}
.side li a:hover { background: var(--hover); }
.side .verb { width: 3.25rem; flex: none; padding-top: 0.15em; }
.side .what { min-width: 0; overflow-wrap: anywhere; }
.verb { font: 600 0.75rem/1.55 var(--mono); color: var(--accent); }
.verb-delete { color: var(--danger); }
.none { margin-top: 1rem; color: var(--soft); }
main { padding: 1.5rem clamp(1rem, 3vw, 2.25rem) 6rem; }
.lead { max-width: 44rem; }
.lead h1 { font-size: 1.75rem; letter-spacing: -0.01em; }
.lead p { margin-top: 0.75rem; }
.group { margin-top: 3rem; }
.group > h2 { font-size: 1.375rem; }
.group > p { max-width: 44rem; margin-top: 0.25rem; color: var(--soft); }
.route {
  margin-top: 1.25rem;
  padding: clamp(1rem, 2.5vw, 1.75rem);
  border: 1px solid var(--joint);
  background: var(--surface);
}
.route:target { border-color: var(--accent); }
.route h3 { font-size: 1.125rem; }
.route h3 a { color: inherit; text-decoration: none; }
.route h3 a:hover { text-decoration: underline; }
.line { display: flex; flex-wrap: wrap; gap: 0.25rem 0.75rem; margin-top: 0.375rem; }
.line .verb { font-size: 0.875rem; }
.more { max-width: 44rem; margin-top: 0.75rem; }
.path { overflow-wrap: anywhere; }
.path b { font-weight: 600; color: var(--accent); }
.facts { display: flex; flex-wrap: wrap; gap: 0.5rem 1.75rem; margin-top: 1rem; }
.facts { font-size: 0.875rem; }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; }
.split { display: grid; gap: 0 2.25rem; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
.route h4 { margin: 1.5rem 0 0.25rem; font-size: 0.9375rem; }
.fields li { padding: 0.5rem 0; border-top: 1px solid var(--joint); }
.fields .top { display: flex; flex-wrap: wrap; gap: 0 0.75rem; align-items: baseline; }
.fields code.key { font-weight: 600; overflow-wrap: anywhere; }
.soft { font-size: 0.875rem; color: var(--soft); }
.must { font-size: 0.8125rem; font-weight: 600; color: var(--danger); }
.rule { overflow-wrap: anywhere; }
pre {
  padding: 0.75rem 1rem;
  border: 1px solid var(--joint);
  overflow-x: auto;
  font-size: 0.8125rem;
  line-height: 1.6;
  background: var(--page);
}
.block { position: relative; }
.copy {
  position: absolute;
  top: 0.375rem;
  right: 0.375rem;
  padding: 0.15rem 0.625rem;
  border: 1px solid var(--joint);
  border-radius: 2px;
  font: inherit;
  font-size: 0.8125rem;
  color: inherit;
  background: var(--surface);
  cursor: pointer;
}
.copy:hover { background: var(--hover); }
details.errors { margin-top: 1.5rem; }
details.errors summary { font-weight: 600; cursor: pointer; width: fit-content; }
.errors li { display: grid; grid-template-columns: 2.5rem 14rem minmax(0, 1fr); gap: 0 0.75rem; }
.errors ul { margin-top: 0.5rem; }
.errors li { padding: 0.3rem 0; border-top: 1px solid var(--joint); font-size: 0.875rem; }
.errors code { overflow-wrap: anywhere; }
[hidden] { display: none !important; }
.split > :last-child { position: sticky; top: 0; align-self: start; }
@media (max-width: 74rem) {
  .split { grid-template-columns: minmax(0, 1fr); }
  .split > :last-child { position: static; }
}
@media (max-width: 54rem) {
  .frame { display: block; }
  .side { position: static; max-height: none; padding: 1rem clamp(1rem, 3vw, 2.25rem) 0; }
  .side details { margin-top: 1rem; border: 1px solid var(--joint); background: var(--surface); }
  .side summary { display: block; padding: 0.625rem 0.875rem; font-weight: 600; cursor: pointer; }
  .side summary::after { content: '+'; float: right; font-weight: 400; }
  .side details[open] summary::after { content: '−'; }
  .side details > div { padding: 0 0.875rem 1rem; }
  .side input { margin-top: 0; }
  .side li a { padding-block: 0.45rem; }
  .errors li { grid-template-columns: 2.5rem minmax(0, 1fr); }
  .errors li > :last-child { grid-column: 2; }
}
@media print {
  .side, .copy { display: none; }
  .frame { display: block; }
  .route { break-inside: avoid; }
}
)css";

// The list is open where there is room for it; the theme is the one chosen in the console.
const std::string_view kDocsScript = R"js(
let theme = null;
try { theme = localStorage.getItem('ashlar.theme'); } catch { /* storage is refused */ }
if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
addEventListener('DOMContentLoaded', () => {
  const list = document.querySelector('.side details');
  const wide = matchMedia('(min-width: 54.001rem)');
  const fold = () => { list.open = wide.matches; };
  fold();
  wide.addEventListener('change', fold);
  list.addEventListener('click', (event) => {
    if (event.target.closest('a') && !wide.matches) list.open = false;
  });
  const input = document.querySelector('.side input');
  const none = document.querySelector('.none');
  input.hidden = false;
  input.addEventListener('input', () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const group of document.querySelectorAll('.side section')) {
      let here = 0;
      for (const item of group.querySelectorAll('li')) {
        item.hidden = !words.every((word) => item.textContent.toLowerCase().includes(word));
        here += item.hidden ? 0 : 1;
      }
      group.hidden = here === 0;
      found += here;
    }
    none.hidden = found > 0;
  });
  addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.target === input) return;
    event.preventDefault();
    list.open = true;
    input.focus();
  });
  if (!navigator.clipboard) return;
  for (const block of document.querySelectorAll('.block')) {
    const button = document.createElement('button');
    button.className = 'copy';
    button.textContent = 'Copy';
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(block.querySelector('pre').textContent);
      button.textContent = 'Copied';
      setTimeout(() => { button.textContent = 'Copy'; }, 1500);
    });
    block.append(button);
  }
});
)js";

const std::string_view kDocsMark =
    R"(<svg viewBox="0 0 24 24" aria-hidden="true"><path fill="#8a7f6b" )"
    R"(d="M1 2h13v6H1zM16 2h7v6h-7zM1 10h6v5H1zM9 10h14v5H9zM1 17h13v5H1zM16 17h7v5h-7z"/></svg>)";

const std::string_view kDocsIcon =
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E"
    "%3Cpath fill='%238a7f6b' "
    "d='M1 2h13v6H1zM16 2h7v6h-7zM1 10h6v5H1zM9 10h14v5H9zM1 17h13v5H1zM16 "
    "17h7v5h-7z'/%3E%3C/svg%3E";

}  // namespace ashlar::http
