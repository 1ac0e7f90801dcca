/** The page's style. Colours come in pairs, for light and dark; nothing is loaded, so the fonts are the system's. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f6f7f9, #0e1116);
  --card: light-dark(#ffffff, #161b22);
  --sunk: light-dark(#f0f2f5, #1d232c);
  --line: light-dark(#d8dde4, #2d3540);
  --text: light-dark(#1c2128, #e3e8ee);
  --soft: light-dark(#57606b, #97a3b2);
  --accent: light-dark(#0b62c4, #6cb0ff);
  --chosen: light-dark(#e2eefc, #1d3350);
  --restored: light-dark(#1a7f45, #3fb56c);
  --planned: light-dark(#2068c9, #5b9df0);
  --unchanged: light-dark(#9aa4b0, #5d6877);
  --skipped: light-dark(#7a5fc0, #a58be8);
  --conflict: light-dark(#d98c06, #e0a031);
  --failed: light-dark(#c9252d, #f4666b);
}
:root[data-theme='light'] { color-scheme: light; }
:root[data-theme='dark'] { color-scheme: dark; }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0;
  background: var(--page);
  color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif;
  overflow-wrap: anywhere;
}
code { font: 0.92em/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace; }
header, main, footer { max-width: 1240px; margin: 0 auto; padding: 0 20px; }
header { display: flex; align-items: center; justify-content: space-between; gap: 12px; padding-top: 16px; }
.brand { margin: 0; color: var(--soft); }
.brand b { color: var(--text); }
h1 { margin: 18px 0 20px; font-size: clamp(19px, 3.2vw, 26px); line-height: 1.35; font-weight: 650; text-wrap: pretty; }
h1 code { padding: 0.05em 0.35em; border-radius: 6px; background: var(--sunk); font-size: 0.88em; }
h2 { margin: 0 0 12px; font-size: 16px; font-weight: 650; }
section, .tiles { margin: 0 0 16px; }
section { padding: 18px 20px; border: 1px solid var(--line); border-radius: 12px; background: var(--card); }
footer { padding-top: 4px; padding-bottom: 32px; color: var(--soft); font-size: 13px; }
[hidden] { display: none !important; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: 12px; top: -60px; z-index: 9; padding: 8px 14px; border-radius: 8px; background: var(--accent); color: var(--card); }
.skip:focus { top: 12px; }

button, input, select {
  min-height: 36px;
  padding: 5px 12px;
  border: 1px solid var(--line);
  border-radius: 8px;
  background: var(--card);
  color: inherit;
  font: inherit;
}
button { cursor: pointer; }
button:hover:not(:disabled) { border-color: var(--accent); }
button:disabled { color: var(--soft); opacity: 0.6; cursor: default; }
button[aria-pressed='true'] { border-color: var(--accent); background: var(--chosen); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }

.k-restored { --k: var(--restored); }
.k-planned { --k: var(--planned); }
.k-unchanged { --k: var(--unchanged); }
.k-skipped { --k: var(--skipped); }
.k-conflict { --k: var(--conflict); }
.k-failed { --k: var(--failed); }
.dot { display: inline-block; width: 10px; height: 10px; margin-right: 7px; border-radius: 50%; background: var(--k); }
rect { fill: var(--k); }

.error { border-left: 4px solid var(--failed); }
.error p { margin: 0 0 8px; }
.error p:last-child { margin: 0; color: var(--soft); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(120px, 1fr)); gap: 12px; }
.tiles div { padding: 12px 16px 10px; border: 1px solid var(--line); border-top: 3px solid var(--k); border-radius: 12px; background: var(--card); }
.tiles dt { color: var(--soft); font-size: 13px; }
.tiles dd { margin: 0; font-size: 24px; font-weight: 650; font-variant-numeric: tabular-nums; line-height: 1.3; }
.tiles .zero { border-top-color: var(--line); }
.tiles .zero dd { color: var(--soft); font-weight: 400; }

.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 0 0 12px; padding: 0; list-style: none; color: var(--soft); }
.legend b { color: var(--text); font-variant-numeric: tabular-nums; }
.bar {
  display: grid;
  grid-template-columns: minmax(90px, 22%) 1fr minmax(56px, auto);
  gap: 14px;
  align-items: center;
  width: 100%;
  min-height: 32px;
  padding: 2px 8px;
  border: 1px solid transparent;
  text-align: left;
}
.bar .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; unicode-bidi: isolate; font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace; }
.bar .count { position: relative; text-align: right; font-variant-numeric: tabular-nums; }
.bars { margin: 0 -8px; }
.bars svg { display: block; width: 100%; height: 14px; border-radius: 3px; }
.bars > svg { margin: 0 8px; width: calc(100% - 16px); }

h3 { margin: 12px 0 6px; color: var(--soft); font-size: 14px; font-weight: 600; }
.time { display: block; width: 100%; height: 90px; border-bottom: 1px solid var(--line); }
.ends { display: flex; justify-content: space-between; margin: 2px 0 14px; color: var(--soft); font-size: 12.5px; }
.wide { overflow-x: auto; }
.wide table { width: 100%; border-collapse: collapse; white-space: nowrap; }
.wide th { padding: 6px 14px 6px 0; color: var(--soft); font-weight: 400; text-align: left; }
.wide td { padding: 6px 14px 6px 0; border-top: 1px solid var(--line); font-variant-numeric: tabular-nums; }

.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(440px, 100%), 1fr)); gap: 0 16px; align-items: start; }
section > table { width: 100%; border-collapse: collapse; }
section > table th, section > table td { padding: 6px 14px 6px 0; border-top: 1px solid var(--line); text-align: left; vertical-align: top; }
section > table tr:first-child > * { border-top: 0; }
section > table th { width: 1%; min-width: 110px; color: var(--soft); font-weight: 400; white-space: nowrap; }
.notes { margin: 0; padding-left: 20px; }
.notes li + li { margin-top: 8px; }
.cut { margin: 0 0 12px; padding: 8px 12px; border-left: 3px solid var(--conflict); border-radius: 4px; background: var(--sunk); }

#keys:focus { outline: none; }
.filters { display: flex; flex-wrap: wrap; gap: 10px 16px; align-items: end; margin-bottom: 10px; }
.filters label, .filters legend { color: var(--soft); font-size: 13px; }
.filters label { display: grid; gap: 3px; }
.filters label:first-child { flex: 1 1 260px; }
.filters input, .filters select { width: 100%; color: var(--text); font-size: 15px; }
.filters select { max-width: 260px; }
fieldset { display: flex; flex-wrap: wrap; gap: 6px; min-width: 0; margin: 0; padding: 0; border: 0; }
legend { padding: 0; margin-bottom: 3px; }
#status { margin: 0 0 8px; color: var(--soft); font-variant-numeric: tabular-nums; }
.help { margin: 8px 0 0; color: var(--soft); font-size: 13px; }
#box { max-height: max(320px, 72vh); overflow: auto; border: 1px solid var(--line); border-radius: 8px; overscroll-behavior: contain; }
#keys:not(.ready) :is(.filters, #box, .help) { display: none; }
#none { margin: 0; padding: 20px; color: var(--soft); text-align: center; }
#grid { width: 100%; border-collapse: separate; border-spacing: 0; table-layout: fixed; }
#grid:focus-visible { outline: none; }
#box:has(#grid:focus-visible) { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent); }
#grid th { position: sticky; top: 0; z-index: 1; padding: 0; border-bottom: 1px solid var(--line); background: var(--sunk); text-align: left; }
#grid th button { width: 100%; min-height: 38px; padding: 6px 12px; border: 0; border-radius: 0; background: none; color: var(--soft); font-size: 13px; font-weight: 600; text-align: left; white-space: nowrap; }
#grid th button:hover { color: var(--text); }
#grid th button:focus-visible { outline-offset: -2px; }
#grid th button::after { content: ' ↕'; opacity: 0.35; }
#grid th[aria-sort='ascending'] button::after { content: ' ↑'; opacity: 1; }
#grid th[aria-sort='descending'] button::after { content: ' ↓'; opacity: 1; }
#grid td { height: 38px; padding: 0 12px; border-bottom: 1px solid var(--line); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
#grid .pad td { padding: 0; border: 0; }
#rows tr:not(.pad) { cursor: pointer; }
#rows tr:not(.pad):hover td { background: var(--sunk); }
#grid:focus-visible .active td { background: var(--chosen); }
#grid:focus-visible .active td:first-child { box-shadow: inset 3px 0 0 var(--accent); }
.c-kind { width: 124px; }
.c-bucket { width: 150px; }
.c-reason { width: 180px; }
.c-before, .c-after { width: 112px; }
.c-steps { width: 210px; }
.c-who { width: 190px; }
td:is(.c-reason, .c-before, .c-after, .c-steps, .c-who, .c-bucket) { color: var(--soft); font-size: 13px; }
td:is(.c-before, .c-after) { font: 12.5px ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace; }
.badge { display: inline-flex; align-items: center; font-size: 14px; }
.badge::before { content: ''; width: 10px; height: 10px; margin-right: 8px; border-radius: 50%; background: var(--k); }
.badge:is(.k-failed, .k-conflict) { color: var(--k); font-weight: 600; }
.badge.k-conflict { color: light-dark(#945600, #e0a031); }
.key { display: flex; min-width: 0; font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace; white-space: pre; }
.key .start { flex: 0 1 auto; min-width: 0; overflow: hidden; text-overflow: ellipsis; unicode-bidi: isolate; }
.key .end { flex: none; }
.more { display: none; }

dialog { width: min(680px, calc(100vw - 32px)); max-height: calc(100vh - 48px); padding: 22px 24px; border: 1px solid var(--line); border-radius: 14px; background: var(--card); color: inherit; }
dialog::backdrop { background: rgb(0 0 0 / 0.45); }
dialog dl { margin: 0 0 18px; }
dialog dl div { padding: 7px 0; border-top: 1px solid var(--line); }
dialog dl div:first-child { border-top: 0; }
dialog dt { color: var(--soft); font-size: 13px; }
dialog dd { margin: 0; }
dialog dd code { white-space: pre-wrap; unicode-bidi: isolate; }

@media (max-width: 1020px) {
  .c-before, .c-after { display: none; }
}
@media (max-width: 760px) {
  header, main, footer { padding-left: 12px; padding-right: 12px; }
  section { padding: 14px; }
  .tiles { grid-template-columns: repeat(3, 1fr); gap: 8px; }
  .tiles div { padding: 8px 10px 6px; }
  .tiles dd { font-size: 20px; }
  .bar { grid-template-columns: 1fr auto; gap: 2px 10px; padding: 5px 8px; }
  .bar svg { grid-row: 2; grid-column: 1 / -1; height: 10px; }
  .filters label, .filters select { flex: 1 1 100%; max-width: none; }
  .filters input, .filters select { font-size: 16px; }
  .c-bucket, .c-reason, .c-steps, .c-who { display: none; }
  .c-kind { width: 104px; }
  #grid td { height: 56px; padding: 0 10px; }
  #grid td.c-kind { padding-right: 0; }
  #grid th button { padding: 6px 10px; }
  .more { display: block; overflow: hidden; color: var(--soft); font-size: 12.5px; text-overflow: ellipsis; }
  section > table, section > table tbody, section > table tr, section > table th, section > table td { display: block; width: 100%; }
  section > table th { padding: 8px 0 0; font-size: 13px; white-space: normal; }
  section > table td { padding: 0 0 8px; border-top: 0; }
}
@media print {
  :root { color-scheme: light; }
  * { print-color-adjust: exact; }
  body { background: none; font-size: 11px; }
  .skip, #theme, .filters, .help, footer { display: none; }
  section { break-inside: avoid; border-color: #ccc; }
  #keys { break-inside: auto; }
  #box { max-height: none; overflow: visible; border: 0; }
  h1 { font-size: 18px; }
  h2 { font-size: 13px; }
  section { padding: 12px 16px; }
  .bar { min-height: 22px; }
  #grid th { position: static; }
  #grid th button::after { content: none; }
  #grid th button, #grid td { padding: 3px 6px; font-size: 10px; }
  #grid td { height: auto; white-space: normal; }
  .badge { font-size: 10px; }
  .key { display: inline; font-size: 10px; white-space: pre-wrap; }
  #rows tr { break-inside: avoid; }
}
@media not print {
  #printed { display: none; }
}
`;
