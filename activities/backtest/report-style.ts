/** What reports of studies look like, by day and by night. */
export const REPORT_STYLE = `:root{color-scheme:light dark;--ink:#1a1a1a;--paper:#fff;--faint:#666;--rule:#ddd;--grid:#e3e3e3;--gap:#f0f0f0;--line:#2457a6;--won:#0a7d33;--lost:#c0271c;--warn:#fff3cd;--warn-ink:#1a1a1a}
@media (prefers-color-scheme:dark){:root{--ink:#e4e4e4;--paper:#16181b;--faint:#9a9a9a;--rule:#3a3d42;--grid:#2b2e33;--gap:#202327;--line:#7fb0ff;--won:#45c474;--lost:#ff7468;--warn:#4a3f12;--warn-ink:#f4e9c0}}
body{font:15px/1.45 system-ui,sans-serif;max-width:1000px;margin:2em auto;padding:0 1em;color:var(--ink);background:var(--paper)}
h1{font-size:1.5em}h2{font-size:1.15em;margin-top:2em}table{border-collapse:collapse;margin:.6em 0}
td,th{padding:.25em .7em;border-bottom:1px solid var(--rule);text-align:left;vertical-align:top}
.wide{overflow-x:auto}.months td{text-align:right}.months td:last-child{font-weight:600}
.compare td:nth-child(n+2):nth-child(-n+5){white-space:nowrap}
.warn{background:var(--warn);color:var(--warn-ink);padding:.6em}
.tag{background:var(--warn);color:var(--warn-ink);font-size:.75em;padding:0 .3em;border-radius:3px}
code{font-size:.85em;word-break:break-all}
svg{display:block;margin:.6em 0;font-family:system-ui,sans-serif;font-size:12px}svg text{fill:var(--ink)}
.chart{width:100%;height:auto}.grid line{stroke:var(--grid)}.grid text{fill:var(--faint)}
.gap{fill:var(--gap)}.line{fill:none;stroke:var(--line);stroke-width:1.2}
.won{stroke:var(--won);fill:var(--won)}.lost{stroke:var(--lost);fill:var(--lost)}.map .cell{fill:#111}`;
