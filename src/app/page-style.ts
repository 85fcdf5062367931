export const STYLE = `
:root {
  --paper: #f6f1e9; --card: #fffdf9; --ink: #2a211c; --soft: #655749; --line: #ddd0bf;
  --accent: #7a3b2e; --on-accent: #ffffff; --notice: #e8f0df; --notice-ink: #2c4419; --danger: #a3241f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #1b1614; --card: #26201d; --ink: #f3e9de; --soft: #c0b0a0; --line: #463a33;
    --accent: #e7a58f; --on-accent: #2a1510; --notice: #26331c; --notice-ink: #d3e8bd; --danger: #ff9d94;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 64rem; padding: 1.5rem 1rem 2rem;
  background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere;
}
h1, h2 { font-family: Georgia, 'Times New Roman', serif; font-weight: 600; line-height: 1.2; }
h1 { margin: 0; font-size: 2.25rem; color: var(--accent); }
h2 { margin: 0 0 .5rem; font-size: 1.2rem; }
p { margin: 0 0 .75rem; }
header p, footer, section p, .empty { color: var(--soft); }
header { margin-bottom: 1.25rem; }
main, .actions { display: grid; gap: 1rem; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1rem 1.25rem; }
section > :last-child { margin-bottom: 0; }
.notice { margin: 0; padding: .75rem 1.25rem; border-radius: .75rem; background: var(--notice); color: var(--notice-ink); }
.ticket { border-left: .5rem solid var(--accent); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .75rem 1.5rem; margin: 0; }
dt { font-size: .875rem; color: var(--soft); }
dd { margin: 0; font-weight: 600; }
.wide { grid-column: 1 / -1; }
code { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .9375em; font-weight: 500; }
.stored { margin: 0; padding: 0; list-style: none; }
.stored li {
  display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: .25rem 1rem; align-items: center; padding: .6rem 0;
  border-top: 1px solid var(--line);
}
.stored li:first-child { border-top: 0; }
.key { font-weight: 600; white-space: pre-wrap; }
.stored code { grid-row: 2; max-height: 12rem; overflow: auto; white-space: pre-wrap; }
.name { font-weight: 600; }
.times { color: var(--soft); font-size: .875rem; }
.badge { padding: .1rem .5rem; border-radius: 1rem; background: var(--notice); color: var(--notice-ink); font-size: .8125rem; }
.stored form { grid-row: 1 / span 2; grid-column: 2; }
form, .fields { display: grid; gap: .75rem; justify-items: start; }
.fields { width: 100%; }
.row { display: flex; flex-wrap: wrap; gap: .75rem; }
label { display: grid; gap: .25rem; width: 100%; font-size: .875rem; font-weight: 600; }
input {
  width: 100%; padding: .6rem .75rem; border: 1px solid var(--soft); border-radius: .5rem; background: var(--paper);
  color: inherit; font: inherit; font-weight: 400; font-size: 1rem;
}
button {
  min-height: 2.75rem; padding: .5rem 1.25rem; border: 1px solid var(--accent); border-radius: .5rem;
  background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600; cursor: pointer;
}
button:hover { filter: brightness(1.12); }
.quiet, .danger { background: none; color: var(--accent); }
.danger { border-color: var(--danger); color: var(--danger); }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
footer { margin-top: 1.5rem; font-size: .875rem; }
footer nav { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; }
footer a { display: inline-block; padding: .25rem 0; }
@media (min-width: 40rem) {
  .actions, .fields { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .double, .actions > :only-child { grid-column: span 2; }
}
@media (min-width: 60rem) {
  .actions { grid-template-columns: repeat(3, minmax(0, 1fr)); }
}
`;
