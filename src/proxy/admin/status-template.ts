/**
 * The status page, to be filled by handlebars, which escapes what it fills in. In a narrow window each row of a table is a card, whose
 * lines have the headers of the columns before them; roles are written down, because browsers take them from what is laid out otherwise.
 */

/** Colours have a contrast of at least 4.5 in both schemes (WCAG 2.2, 1.4.3); what they say stands in words as well. */
export const STYLE = `
:root { color-scheme: light dark; --text: #1b1f24; --quiet: #57606a; --ground: #fff; --line: #d0d7de; --bad: #b3261e; --odd: #7a4b00; --good: #1a6b2f; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6edf3; --quiet: #9aa4ae; --ground: #14181d; --line: #3a424b; --bad: #ff8f85; --odd: #f0b95b; --good: #6fd08c; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 80rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--text); background: var(--ground); }
h1 { font-size: 1.4rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0; overflow-wrap: anywhere; }
.quiet, small { color: var(--quiet); }
.bad, .failing, .expired { color: var(--bad); font-weight: 600; }
.odd, .expiring { color: var(--odd); font-weight: 600; }
.good, .fine { color: var(--good); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .75rem; margin: 1rem 0 0; }
dl div { border: 1px solid var(--line); border-radius: .4rem; padding: .5rem .75rem; }
dt { color: var(--quiet); font-size: .875rem; }
dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
.table { overflow-x: auto; border: 1px solid var(--line); border-radius: .4rem; }
.table:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--quiet); font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 600; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.short, time { white-space: nowrap; }
.text { overflow-wrap: anywhere; min-width: 12rem; }
@media (max-width: 48rem) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody { display: block; }
  tr { display: grid; grid-template-columns: 5rem minmax(0, 1fr); gap: .1rem .75rem; padding: .5rem .75rem; border-top: 1px solid var(--line); }
  tr:first-child { border-top: 0; }
  tbody th, td { display: contents; }
  tbody th .value { grid-column: 1 / -1; }
  td::before { content: attr(data-of); color: var(--quiet); text-align: left; }
  td:has(.value:empty) { display: none; }
  .value { overflow: hidden; overflow-wrap: anywhere; text-align: left; white-space: normal; }
}
`;

export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{status}}: artifacts proxy</title>
<style>{{{style}}}</style>
</head>
<body>
<header>
<h1>artifacts proxy: <span class="{{#if isReady}}good{{else}}bad{{/if}}">{{status}}</span></h1>
<p class="quiet">version {{version}}, as of <time datetime="{{asOf.instant}}">{{asOf.clock}}</time>, started <time datetime="{{since.instant}}">{{since.words}}</time></p>
{{#each notes}}<p class="bad">{{this}}</p>
{{/each}}
</header>
<main>
<dl>
<div><dt>locked</dt><dd>{{counts.variants}}</dd></div>
<div><dt>failing</dt><dd{{#if counts.failing}} class="bad"{{/if}}>{{counts.failing}}</dd></div>
<div><dt>expired in GitLab</dt><dd{{#if counts.expired}} class="bad"{{/if}}>{{counts.expired}}</dd></div>
<div><dt>expire in {{days}} days</dt><dd{{#if counts.expiring}} class="odd"{{/if}}>{{counts.expiring}}</dd></div>
<div><dt>running requests</dt><dd>{{running}}</dd></div>
<div><dt>cache of {{cacheMax}}</dt><dd>{{cacheBytes}}</dd></div>
</dl>
<section aria-labelledby="locks">
<h2 id="locks">Locks</h2>
<div class="table" role="region" aria-labelledby="locks" tabindex="0"><table role="table">
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">File</th><th role="columnheader" scope="col" class="number">Variants</th><th role="columnheader" scope="col">Read</th><th role="columnheader" scope="col">State</th></tr></thead>
<tbody role="rowgroup">
{{#each locks}}<tr role="row">
<th role="rowheader" scope="row" class="text"><div class="value"><bdi>{{file}}</bdi></div></th>
<td role="cell" class="number" data-of="Variants"><div class="value">{{variants}}</div></td>
<td role="cell" data-of="Read"><div class="value"><time datetime="{{loaded.instant}}">{{loaded.words}}</time></div></td>
<td role="cell" class="text" data-of="State"><div class="value">{{#if problem}}<span class="bad">broken, the last good version is served</span> since <time datetime="{{since.instant}}">{{since.clock}}</time><br><bdi>{{problem}}</bdi>{{else}}<span class="good">in force</span>{{/if}}</div></td>
</tr>
{{/each}}
</tbody></table></div>
</section>
<section aria-labelledby="artifacts">
<h2 id="artifacts">Artifacts</h2>
<div class="table" role="region" aria-labelledby="artifacts" tabindex="0"><table role="table">
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Artifact</th><th role="columnheader" scope="col">System</th><th role="columnheader" scope="col">State</th><th role="columnheader" scope="col" class="number">Size</th><th role="columnheader" scope="col">Cached</th><th role="columnheader" scope="col">Served</th><th role="columnheader" scope="col">Expires</th><th role="columnheader" scope="col">From</th></tr></thead>
<tbody role="rowgroup">
{{#each artifacts}}<tr role="row">
<th role="rowheader" scope="row"><div class="value"><bdi>{{artifact}}</bdi></div></th>
<td role="cell" class="short" data-of="System"><div class="value"><bdi>{{system}}</bdi></div></td>
<td role="cell" class="text" data-of="State"><div class="value"><span class="{{state}}">{{word}}</span>{{#if failure}}<br><small><bdi>{{failure}}</bdi></small>{{/if}}</div></td>
<td role="cell" class="number" data-of="Size"><div class="value">{{size}}</div></td>
<td role="cell" data-of="Cached"><div class="value">{{#if cached}}yes{{else}}no{{/if}}</div></td>
<td role="cell" class="short" data-of="Served"><div class="value">{{served}} ×{{#if lastServed}}, <time datetime="{{lastServed.instant}}">{{lastServed.words}}</time>{{/if}}</div></td>
<td role="cell" class="short" data-of="Expires"><div class="value">{{#if expires}}<time datetime="{{expires.instant}}">{{expires.words}}</time>{{else}}never{{/if}}</div></td>
<td role="cell" class="text" data-of="From"><div class="value"><bdi>{{project}}</bdi>, job {{job}}</div></td>
</tr>
{{/each}}
</tbody></table></div>
{{#if omitted}}<p class="quiet">{{omitted}} more are locked; those that want attention are above.</p>{{/if}}
</section>
<section aria-labelledby="troubles">
<h2 id="troubles">Refused, failed and slow requests</h2>
{{#if troubles}}
<div class="table" role="region" aria-labelledby="troubles" tabindex="0"><table role="table">
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">When</th><th role="columnheader" scope="col">Event</th><th role="columnheader" scope="col" class="number">Status</th><th role="columnheader" scope="col">What</th><th role="columnheader" scope="col">Why</th><th role="columnheader" scope="col">Request</th></tr></thead>
<tbody role="rowgroup">
{{#each troubles}}<tr role="row">
<td role="cell" data-of="When"><div class="value"><time datetime="{{at.instant}}">{{at.words}}</time></div></td>
<td role="cell" class="short" data-of="Event"><div class="value">{{event}}</div></td>
<td role="cell" class="number" data-of="Status"><div class="value">{{status}}</div></td>
<td role="cell" class="text" data-of="What"><div class="value">{{#if what}}<bdi>{{what}}</bdi>{{/if}}</div></td>
<td role="cell" class="text" data-of="Why"><div class="value"><bdi>{{error}}</bdi></div></td>
<td role="cell" data-of="Request"><div class="value">{{#if id}}<code>{{id}}</code>{{/if}}</div></td>
</tr>
{{/each}}
</tbody></table></div>
{{else}}<p class="quiet">none since the start</p>{{/if}}
</section>
</main>
</body>
</html>
`;
