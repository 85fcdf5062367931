/** The style of reports: of the same family as the example's page. */
export const REPORT_STYLE = `
:root {
  --paper: #f6f1e9; --card: #fffdf9; --ink: #2a211c; --soft: #655749; --line: #ddd0bf; --accent: #7a3b2e;
  --series: #7a3b2e, #1f6f8b, #a07a00, #4a7a3a, #7b4ea3, #c0504d;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #1b1614; --card: #26201d; --ink: #f3e9de; --soft: #c0b0a0; --line: #463a33; --accent: #e7a58f;
    --series: #e7a58f, #7cc4e0, #e3c25a, #9ccf87, #c7a4ec, #ff9d94;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 72rem; padding: 1.5rem 1rem 2rem;
  background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere;
}
h1, h2 { font-family: Georgia, 'Times New Roman', serif; font-weight: 600; line-height: 1.2; }
h1 { margin: 0 0 .5rem; font-size: 2rem; color: var(--accent); }
h2 { margin: 0 0 .75rem; font-size: 1.25rem; }
p { margin: 0 0 .75rem; max-width: 70ch; }
header { margin-bottom: 1.25rem; }
header p, .note { color: var(--soft); }
.note { font-size: .875rem; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem; margin: 1rem 0 0; }
dl > div { display: flex; flex-direction: column-reverse; justify-content: flex-end; background: var(--card); border: 1px solid var(--line); border-left: .35rem solid var(--accent); border-radius: .5rem; padding: .5rem .85rem; }
dt { font-size: .8125rem; color: var(--soft); }
dd { margin: 0; font-size: 1.2rem; font-weight: 600; font-variant-numeric: tabular-nums; }
main { display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); }
section { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1rem 1.25rem; }
.table { overflow-x: auto; margin-bottom: .75rem; overflow-wrap: normal; }
table { border-collapse: collapse; min-width: min(100%, 40rem); font-size: .9375rem; font-variant-numeric: tabular-nums; }
caption { padding: 0 0 .35rem; text-align: left; font-weight: 600; }
th, td { padding: .35rem .6rem; border-top: 1px solid var(--line); text-align: right; vertical-align: top; }
thead th { border-top: 0; color: var(--soft); font-size: .8125rem; font-weight: 600; vertical-align: bottom; }
th:first-child { padding-left: 0; text-align: left; }
th[scope=row] { font-weight: 500; min-width: 8rem; }
td { white-space: nowrap; }
figure { margin: 0 0 1.25rem; }
figcaption { margin-bottom: .25rem; font-weight: 600; }
section > :last-child { margin-bottom: 0; }
.chart { min-height: 16rem; }
.uplot { color: var(--ink); font-family: inherit; }
.u-legend { margin: .25rem 0 0; font-size: .8125rem; text-align: left; }
.u-legend th, .u-legend td { border: 0; padding: .1rem .3rem; text-align: left; }
.u-legend .u-marker { border-radius: 50%; }
@media (max-width: 40rem) {
  body { padding: 1rem .75rem; }
  section { padding: .85rem; }
  th, td { padding: .3rem .35rem; }
  table { width: 100%; font-size: .875rem; }
  th[scope=row] { min-width: 5rem; }
}
`;
