/** The look of the report, light and dark. Grey is now, blue is the candidate. */
export const style = `
:root { color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --ink: #1c2430; --soft: #5b6675; --line: #e2e6eb; --now: #97a1af; --then: #2563eb;
  --more: #b42318; --less: #177245; --warn-page: #fff4e5; --warn: #8a4b00;
  --critical: #8e1b6b; --high: #b42318; --medium: #a15c00; --low: #33617f; --informational: #5b6675; }
@media (prefers-color-scheme: dark) { :root {
  --page: #12161c; --card: #1a2029; --ink: #e6eaf0; --soft: #98a3b3; --line: #2b3440; --now: #76818f; --then: #6ea0ff;
  --more: #ff8a7a; --less: #62d09a; --warn-page: #33270f; --warn: #f5bf6b;
  --critical: #f08ad0; --high: #ff8a7a; --medium: #f2b35c; --low: #7fb8dc; --informational: #98a3b3; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 40px 24px 64px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; letter-spacing: -0.01em; text-wrap: balance; }
h2 { font-size: 18px; margin: 40px 0 12px; }
h3 { font-size: 16px; margin: 0; }
h4 { font-size: 13px; font-weight: 600; color: var(--soft); margin: 20px 0 6px; }
p { margin: 0 0 8px; }
.soft { color: var(--soft); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 20px; margin: 0 0 16px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 24px 0 16px; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 18px; }
.tile b { display: block; white-space: nowrap; font-size: 28px; line-height: 1.2; font-weight: 650; font-variant-numeric: tabular-nums; }
.tile b .arrow { color: var(--soft); font-weight: 400; padding: 0 2px; }
.tile b .then-text { color: var(--then); }
.tile > span { color: var(--soft); font-size: 13px; }
.legend { display: flex; gap: 18px; color: var(--soft); font-size: 13px; margin: 0 0 8px; align-items: center; }
.legend i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 6px; }
.chart { width: 100%; min-width: 640px; height: auto; display: block; overflow: visible; }
.chart .grid { stroke: var(--line); stroke-width: 1; }
.chart .tick { fill: var(--soft); font-size: 11px; font-variant-numeric: tabular-nums; }
.chart .hit { fill: transparent; }
.chart g:hover .hit { fill: var(--line); opacity: .5; }
rect.now, .legend .now { fill: var(--now); background: var(--now); }
rect.then, .legend .then { fill: var(--then); background: var(--then); }
.rates { width: 100%; min-width: 70px; height: 16px; display: block; }
.scroll { overflow-x: auto; }
/* Where it does not fit, the chart starts scrolled to its end: the newest days, and the scale beside them. */
.newest { direction: rtl; } .newest .chart { direction: ltr; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 500; color: var(--soft); font-size: 13px; padding: 6px 10px; border-bottom: 1px solid var(--line); white-space: nowrap; }
td { padding: 7px 10px; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child td { border-bottom: 0; }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
th.bars, td.bars { width: 22%; vertical-align: middle; }
td.time { white-space: nowrap; color: var(--soft); font-variant-numeric: tabular-nums; width: 1%; }
td .soft { margin-left: 8px; font-size: 13px; }
td.level { white-space: nowrap; width: 1%; }
td.text { overflow-wrap: anywhere; }
.mark { font-weight: 600; white-space: nowrap; width: 1%; }
.more { color: var(--more); } .less { color: var(--less); }
.badge { display: inline-block; font-size: 12px; line-height: 18px; padding: 0 8px; border-radius: 9px; border: 1px solid currentColor; white-space: nowrap; }
.critical { color: var(--critical); } .high { color: var(--high); } .medium { color: var(--medium); } .low { color: var(--low); } .informational { color: var(--informational); }
.head { display: flex; gap: 12px; align-items: baseline; flex-wrap: wrap; }
.head code { color: var(--soft); font-size: 13px; }
.numbers { color: var(--soft); margin: 2px 0 12px; }
.warning { background: var(--warn-page); color: var(--warn); border-radius: 8px; padding: 10px 14px; margin: 0 0 8px; }
ul { margin: 0; padding-left: 18px; } li { margin: 2px 0; }
details summary { cursor: pointer; color: var(--soft); font-size: 14px; padding: 8px 0; }
a { color: inherit; }
@media (max-width: 699px) {
  main { padding: 24px 12px 48px; } .card { padding: 14px; }
  .rates-table th { white-space: normal; vertical-align: bottom; } .rates-table th, .rates-table td { padding: 6px 3px; }
  th.bars, td.bars { display: none; }
  .rates-table .soft { display: block; margin-left: 0; }
  .chart .tick { font-size: 17px; }
  .alerts tr { display: flex; flex-wrap: wrap; gap: 2px 10px; padding: 8px 0; border-bottom: 1px solid var(--line); }
  .alerts tr:last-child { border-bottom: 0; }
  .alerts td { padding: 0; border: 0; width: auto; } .alerts td.text { flex-basis: 100%; } }
@media print { body { background: #fff; } .card, .tile { break-inside: avoid; } }
`
