import { type Html, html } from './html-template.ts';

/**
 * How a page looks on a screen, a phone and paper, by day and by night. Every colour of text has a contrast of 4.5 at
 * least with what is behind it.
 */
export const PAGE_STYLE: Html = html`<style>
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ground: #f4f5f7; --ink: #1b1f24; --soft: #57606a; --line: #d5d9de;
  --code: #eef0f3; --link: #0a58ca;
  --ok: #17692f; --ok-ground: #e4f5e9;
  --change: #0b5394; --change-ground: #e5f0fb;
  --attention: #7d4e00; --attention-ground: #fff3d6;
  --blocked: #a3171f; --blocked-ground: #fdeaea;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #161a1f; --ground: #0e1114; --ink: #e6e9ed; --soft: #a3adb8; --line: #333b44;
    --code: #242a31; --link: #7ab7ff;
    --ok: #7ee2a0; --ok-ground: #12301d;
    --change: #8cc4ff; --change-ground: #12283f;
    --attention: #f5c866; --attention-ground: #382a08;
    --blocked: #ff9b9b; --blocked-ground: #3d1518;
  }
}
* { box-sizing: border-box; }
html { background: var(--ground); -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 62rem; color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans KR", sans-serif;
  overflow-wrap: break-word;
}
header, section { background: var(--paper); border: 1px solid var(--line); border-radius: 8px; padding: 1rem 1.25rem; margin: 0 0 1rem; }
header { border-left: 6px solid var(--change); }
header.quiet { border-left-color: var(--ok); }
header.attention { border-left-color: var(--attention); }
header.blocked { border-left-color: var(--blocked); }
.eyebrow { margin: 0 0 .25rem; font-size: .875rem; font-weight: 600; letter-spacing: .02em; color: var(--change); }
.quiet .eyebrow { color: var(--ok); }
.attention .eyebrow { color: var(--attention); }
.blocked .eyebrow { color: var(--blocked); }
h1 { margin: 0; font-size: 1.25rem; line-height: 1.3; text-wrap: pretty; }
h2 { margin: 0 0 .75rem; font-size: 1.0625rem; line-height: 1.35; }
h3 { margin: 1rem 0 .25rem; font-size: 1rem; }
p { margin: .5rem 0; }
section > :last-child { margin-bottom: 0; }
.about, footer { font-size: .875rem; color: var(--soft); }
.about { margin: .5rem 0 0; }
footer { padding: 0 1.25rem; }
bdi, code, pre span { unicode-bidi: isolate; }
code { font-family: ui-monospace, "SFMono-Regular", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .875em; background: var(--code); border-radius: 4px; padding: .1em .3em; overflow-wrap: anywhere; -webkit-box-decoration-break: clone; box-decoration-break: clone; }
ul { margin: .5rem 0; padding-left: 1.25rem; }
li { margin: .375rem 0; }
.findings { list-style: none; padding-left: 0; }
.findings > li { border-top: 1px solid var(--line); padding: .625rem 0 .25rem; margin: 0; }
.findings > li:first-child { border-top: 0; padding-top: 0; }
.hint { display: block; margin: .25rem 0 0; color: var(--soft); }
.hint b { color: var(--ink); font-weight: 600; }
table { width: 100%; border-collapse: collapse; margin: .5rem 0; font-size: .9375rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); }
thead th { font-size: .8125rem; font-weight: 600; color: var(--soft); white-space: nowrap; }
tbody th { font-weight: 400; }
td[data-label="Seen"] { white-space: nowrap; }
tbody tr:last-child > * { border-bottom: 0; }
.mark { display: inline-block; font-size: .75rem; line-height: 1.5; font-weight: 600; border-radius: 4px; padding: 0 .4em; white-space: nowrap; text-align: center; color: var(--soft); background: var(--code); }
.mark.sign { min-width: 1.6em; }
.mark.ok, .mark.added { color: var(--ok); background: var(--ok-ground); }
.mark.changed { color: var(--change); background: var(--change-ground); }
.mark.warning { color: var(--attention); background: var(--attention-ground); }
.mark.blocked, .mark.error, .mark.removed { color: var(--blocked); background: var(--blocked-ground); }
details { border-top: 1px solid var(--line); margin: .75rem 0 0; }
details:first-of-type:last-child { margin-top: .25rem; }
summary { cursor: pointer; padding: .625rem 0; font-weight: 600; color: var(--link); }
pre { margin: 0 0 .5rem; padding: .75rem; background: var(--code); border-radius: 6px; font: .8125rem/1.5 ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
pre .plus { color: var(--ok); }
pre .minus { color: var(--blocked); }
pre .move { color: var(--change); }
@media (max-width: 40rem) {
  body { padding: .75rem .5rem 2rem; }
  h1 { font-size: 1.1875rem; }
  tbody th { font-weight: 600; }
  header, section { padding: .875rem; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, tbody th, td { display: block; }
  tr { padding: .5rem 0; border-bottom: 1px solid var(--line); }
  tbody tr:last-child { border-bottom: 0; }
  tbody th, td { border: 0; padding: .1rem 0; }
  td { display: grid; grid-template-columns: 6.5rem 1fr; gap: .5rem; }
  td::before { content: attr(data-label); color: var(--soft); font-size: .8125rem; }
}
@media print {
  :root {
    color-scheme: light;
    --paper: #ffffff; --ground: #ffffff; --ink: #000000; --soft: #444444; --line: #bbbbbb; --code: #f2f2f2; --link: #000000;
    --ok: #17692f; --ok-ground: #ffffff; --change: #0b5394; --change-ground: #ffffff;
    --attention: #7d4e00; --attention-ground: #ffffff; --blocked: #a3171f; --blocked-ground: #ffffff;
  }
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  header, section { border-radius: 0; break-inside: auto; padding: .5rem .75rem; }
  h2, summary, thead { break-after: avoid; }
  tr, li { break-inside: avoid; }
  .mark { border: 1px solid currentColor; }
  details::details-content { content-visibility: visible; block-size: auto; opacity: 1; }
  details:not([open]) > :not(summary) { display: block; }
  summary { list-style: none; }
}
</style>`;
