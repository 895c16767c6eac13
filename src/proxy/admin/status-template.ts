/** The status page, to be filled by handlebars, which escapes what it fills in. */

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
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: .75rem; margin: 1rem 0 0; }
dl div { border: 1px solid var(--line); border-radius: .4rem; padding: .5rem .75rem; }
dt { color: var(--quiet); font-size: .875rem; }
dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
.table { overflow-x: auto; border: 1px solid var(--line); border-radius: .4rem; }
.table:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--quiet); font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 600; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
time { white-space: nowrap; }
.text { overflow-wrap: anywhere; min-width: 12rem; }
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
<p class="quiet">version {{version}}, as of <time datetime="{{asOf.instant}}">{{asOf.instant}}</time>, started <time datetime="{{since.instant}}">{{since.words}}</time></p>
{{#each notes}}<p class="bad">{{this}}</p>
{{/each}}
</header>
<main>
<dl>
<div><dt>locked</dt><dd>{{counts.variants}}</dd></div>
<div><dt>failing</dt><dd>{{counts.failing}}</dd></div>
<div><dt>expired in GitLab</dt><dd>{{counts.expired}}</dd></div>
<div><dt>expire in {{days}} days</dt><dd>{{counts.expiring}}</dd></div>
<div><dt>running requests</dt><dd>{{running}}</dd></div>
<div><dt>cache of {{cacheMax}}</dt><dd>{{cacheBytes}}</dd></div>
</dl>
<section aria-labelledby="locks">
<h2 id="locks">Locks</h2>
<div class="table" role="region" aria-labelledby="locks" tabindex="0"><table>
<thead><tr><th scope="col">File</th><th scope="col">Variants</th><th scope="col">Read</th><th scope="col">State</th></tr></thead>
<tbody>
{{#each locks}}<tr><th scope="row" class="text"><bdi>{{file}}</bdi></th><td class="number">{{variants}}</td><td><time datetime="{{loaded.instant}}">{{loaded.words}}</time></td><td class="text">{{#if problem}}<span class="bad">broken, the last good version is served</span> since <time datetime="{{since.instant}}">{{since.instant}}</time><br><bdi>{{problem}}</bdi>{{else}}<span class="good">in force</span>{{/if}}</td></tr>
{{/each}}
</tbody></table></div>
</section>
<section aria-labelledby="artifacts">
<h2 id="artifacts">Artifacts</h2>
<div class="table" role="region" aria-labelledby="artifacts" tabindex="0"><table>
<thead><tr><th scope="col">Artifact</th><th scope="col">System</th><th scope="col">State</th><th scope="col">Size</th><th scope="col">Cached</th><th scope="col">Served</th><th scope="col">Expires</th><th scope="col">From</th></tr></thead>
<tbody>
{{#each artifacts}}<tr><th scope="row"><bdi>{{artifact}}</bdi></th><td><bdi>{{system}}</bdi></td><td class="text"><span class="{{state}}">{{word}}</span>{{#if failure}}<br><small><bdi>{{failure}}</bdi></small>{{/if}}</td><td class="number">{{size}}</td><td>{{#if cached}}yes{{else}}no{{/if}}</td><td>{{served}} ×{{#if lastServed}}, <time datetime="{{lastServed.instant}}">{{lastServed.words}}</time>{{/if}}</td><td>{{#if expires}}<time datetime="{{expires.instant}}">{{expires.words}}</time>{{else}}never{{/if}}</td><td class="text"><bdi>{{project}}</bdi>, job {{job}}</td></tr>
{{/each}}
</tbody></table></div>
{{#if omitted}}<p class="quiet">{{omitted}} more are locked; those that want attention are above.</p>{{/if}}
</section>
<section aria-labelledby="troubles">
<h2 id="troubles">Refused, failed and slow requests</h2>
{{#if troubles}}
<div class="table" role="region" aria-labelledby="troubles" tabindex="0"><table>
<thead><tr><th scope="col">When</th><th scope="col">Event</th><th scope="col">Status</th><th scope="col">What</th><th scope="col">Why</th><th scope="col">Request</th></tr></thead>
<tbody>
{{#each troubles}}<tr><td><time datetime="{{at.instant}}">{{at.words}}</time></td><td>{{event}}</td><td class="number">{{status}}</td><td class="text"><bdi>{{what}}</bdi></td><td class="text"><bdi>{{error}}</bdi></td><td><code>{{id}}</code></td></tr>
{{/each}}
</tbody></table></div>
{{else}}<p class="quiet">none since the start</p>{{/if}}
</section>
</main>
</body>
</html>
`;
