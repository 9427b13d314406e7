import { createHash } from 'node:crypto';

const STYLE = `
:root{color-scheme:light dark;--ink:#16202e;--soft:#5a6779;--line:#d5dce6;--paper:#fff;--ground:#eef2f7;--accent:#4a3fd6;--on-accent:#fff;--good:#0b7048;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--ink:#e9eef6;--soft:#a3b0c2;--line:#36435a;--paper:#18212f;--ground:#0e141d;--accent:#a79fff;--on-accent:#14103d;--good:#5fd6a2;--bad:#ff9c93}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:start center;padding:clamp(1rem,6vh,4rem) 1rem;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
main{width:min(27rem,100%);background:var(--paper);border:1px solid var(--line);border-radius:1rem;padding:clamp(1.25rem,5vw,2rem);box-shadow:0 1rem 3rem rgb(15 25 45/.1)}
.tag{display:inline-block;margin:0;padding:.1rem .6rem;border:1px solid var(--line);border-radius:99px;color:var(--soft);font-size:.8rem}
h1{font-size:1.15rem;font-weight:600;margin:1rem 0 0;overflow-wrap:anywhere}
.amount{font-size:2.25rem;font-weight:700;letter-spacing:-.02em;margin:.1rem 0 1.25rem;font-variant-numeric:tabular-nums}
label{display:block;font-weight:600;margin-bottom:.35rem}
input[type=text]{width:100%;font:inherit;font-size:1.15rem;letter-spacing:.05em;padding:.7rem .8rem;color:inherit;background:transparent;border:1px solid var(--soft);border-radius:.6rem}
.hint{color:var(--soft);font-size:.875rem;margin:.35rem 0 1rem}
button,.button{display:block;width:100%;margin-top:.6rem;padding:.8rem;font:inherit;font-weight:650;text-align:center;text-decoration:none;color:var(--on-accent);background:var(--accent);border:1px solid var(--accent);border-radius:.6rem;cursor:pointer}
.quiet{color:var(--accent);background:transparent}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.note{border-left:4px solid;padding:.5rem .9rem;margin:0 0 1.25rem}
.good{color:var(--good)}.bad{color:var(--bad)}.note p{margin:0;color:var(--ink)}.note strong{display:block}
details{margin-top:1.5rem;border-top:1px solid var(--line);padding-top:1rem}
summary{cursor:pointer;color:var(--soft)}
table{width:100%;border-collapse:collapse;margin-top:.6rem;font-size:.875rem}
caption{text-align:left;color:var(--soft);padding-bottom:.4rem}
th,td{text-align:left;padding:.35rem 0;border-top:1px solid var(--line);font-weight:400}
th{padding-right:.75rem}
code{font:inherit;font-variant-numeric:tabular-nums;white-space:nowrap}
`;

export const PAGE_STYLE = { html: `<style>${STYLE}</style>` };

/** No script, nothing from anywhere else; the one style sheet by its hash. */
export const PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');
