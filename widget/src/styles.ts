// How it looks. A page sets the --companion-* properties; everything below them is ours. Sizes are in em of the text size.
import { css } from "lit";

export const styles = css`
:host { display: contents; }
:host([hidden]) { display: none; }
/* Nothing is inherited from a page that spaces out, breaks, hides or turns around its text; our words go left to right. */
.root {
  all: initial; display: block; direction: ltr;
  --brand: var(--companion-brand, #0b5d57); --on-brand: var(--companion-on-brand, #fff);
  --paper: #f7f5f0; --card: #fff; --ink: #1d2624; --quiet: #55605d; --line: #dcd8cd; --edge: #737d79;
  --soft: #e6f0ed; --sample: #744600; --sample-soft: #fbeed8; --bad: #96291b; --bad-soft: #fbeae6; --mark: #fff0b8;
  --target: min(2.6em, 60px); --gap: min(1em, 16px); --radius: var(--companion-radius, .8em);
  /* The page's text size, which may be its reader's own; some pages lay out by it, and it says nothing then. */
  --text: var(--companion-font-size, clamp(16px, 1rem, 32px));
  font-family: var(--companion-font, inherit); font-size: calc(var(--text) * var(--scale, 1));
  line-height: 1.65; color: var(--ink); color-scheme: light; overflow-wrap: anywhere; -webkit-text-size-adjust: 100%;
}
.dark {
  --brand: var(--companion-brand-dark, #7fd0c5); --on-brand: var(--companion-on-brand-dark, #0a1f1c);
  --paper: #141918; --card: #1e2524; --ink: #e9edeb; --quiet: #a9b4b0; --line: #37413f; --edge: #84908c;
  --soft: #213633; --sample: #f2c884; --sample-soft: #3a2f1c; --bad: #ffa597; --bad-soft: #3a2320; --mark: #54481b;
  color-scheme: dark;
}
/* 18 to 30 pt, whatever the page has. */
.elder { --target: 60px; font-weight: 500; font-size: max(calc(var(--companion-font-size, 16px) * var(--scale, 1)), var(--text)); }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
h2, h3, h4, p, dl, dd, ol, ul, fieldset { margin: 0; padding: 0; border: 0; }
h4 { font-size: 1em; line-height: 1.5; }
button, select, textarea, input:not([type="checkbox"]) {
  font: inherit; color: inherit; background: var(--card); margin: 0;
  border: 1px solid var(--edge); border-radius: .6em; min-height: var(--target);
}
button, select { padding: .25em min(.85em, 16px); cursor: pointer; }
input:not([type="checkbox"]), textarea { padding: .4em .7em; width: 100%; }
input[type="checkbox"] { font: inherit; width: min(1.25em, 32px); height: min(1.25em, 32px); accent-color: var(--brand); flex: none; }
button:hover:not(:disabled), select:hover { border-color: var(--brand); background: var(--soft); }
button:disabled { opacity: .55; cursor: default; }
button[aria-pressed="true"], button[aria-pressed="true"]:hover:not(:disabled) { background: var(--brand); border-color: var(--brand); color: var(--on-brand); }
.main { background: var(--brand); color: var(--on-brand); border-color: var(--brand); font-weight: 600; }
.main:hover:not(:disabled) { background: var(--brand); filter: brightness(1.12); }
.quiet { border-color: transparent; background: none; color: var(--brand); }
:focus-visible { outline: 3px solid var(--brand); outline-offset: 2px; }
a { color: var(--brand); }
svg { width: min(1.375em, 36px); height: auto; }

/* The button that opens it, and the panel. */
.launcher {
  position: fixed; z-index: var(--companion-z-index, 2147483000); inset-block-end: var(--companion-offset, 20px); inset-inline-end: var(--companion-offset, 20px);
  display: flex; align-items: center; gap: .5em; min-height: max(var(--target), 52px); padding: .4em min(1.15em, 20px); border-radius: 2em; border: 0;
  font-size: min(1em, 7vw); white-space: nowrap;
  background: var(--brand); color: var(--on-brand); font-weight: 600; box-shadow: 0 4px 18px rgb(0 0 0 / .28);
}
.launcher:hover:not(:disabled) { background: var(--brand); filter: brightness(1.1); }
.launcher small { padding: 0 .45em; border-radius: .4em; background: var(--on-brand); color: var(--brand); font-size: .78em; line-height: 1.5; }
.panel {
  display: none; flex-direction: column; padding: 0; margin: 0; overflow: hidden; overflow: clip; color: inherit; background: var(--paper); font-size: 1em;
  border: 1px solid var(--line); border-radius: calc(var(--radius) * 1.3);
}
.panel[open], .inline .panel { display: flex; }
.floating .panel {
  position: fixed; z-index: var(--companion-z-index, 2147483000); inset: auto var(--companion-offset, 20px) var(--companion-offset, 20px) auto;
  width: min(var(--companion-width, 27.5em), calc(100vw - 2 * var(--companion-offset, 20px)));
  height: min(var(--companion-height, 45em), calc(100vh - 2 * var(--companion-offset, 20px)));
  height: min(var(--companion-height, 45em), calc(100dvh - 2 * var(--companion-offset, 20px))); max-width: none; max-height: none;
  box-shadow: 0 12px 48px rgb(0 0 0 / .3);
}
.floating.elder .panel { width: min(620px, calc(100vw - 40px)); height: min(900px, calc(100vh - 40px)); height: min(900px, calc(100dvh - 40px)); }
.inline { height: 100%; }
.inline .panel { position: static; width: 100%; height: var(--companion-height, min(46rem, 86dvh)); }
.panel::backdrop { background: rgb(0 0 0 / .45); }

.head { display: flex; align-items: center; gap: min(.5em, 8px); padding: min(.55em, 10px) min(.6em, 10px) min(.55em, 10px) var(--gap); border-bottom: 1px solid var(--line); background: var(--card); }
.head h2 { flex: 1; display: flex; flex-wrap: wrap; align-items: center; column-gap: .4em; min-width: 0; font-size: min(1.08em, 7vw); line-height: 1.35; }
.head h2 small { padding: 0 .45em; border-radius: .4em; background: var(--soft); color: var(--brand); font-size: .74em; font-weight: 600; }
.icon { display: grid; place-items: center; min-width: var(--target); padding: 0; border-color: transparent; background: none; }
.page { flex: 1; min-height: 0; overflow-y: auto; padding: .9em var(--gap) 1.2em; overscroll-behavior: contain; scroll-padding-block: 1em; }
.no-network { padding: .35em 1em; background: var(--bad-soft); color: var(--bad); font-size: .9em; }

.welcome p { color: var(--quiet); margin-bottom: 1em; }
.welcome h3 { font-size: .92em; color: var(--quiet); font-weight: 600; margin-bottom: .5em; }
.starters { list-style: none; display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17em), 1fr)); gap: .5em; }
.starters button { width: 100%; height: 100%; padding: .55em 1em; text-align: start; line-height: 1.45; border-color: var(--line); }

.page { container-type: size; position: relative; }
learning-companion-turn { display: block; }
/* The latest turn fills the panel, so that the question stands at its top, 12 px below the edge, and the answer grows without scrolling. */
learning-companion-turn[latest]:not(:first-child) { min-height: calc(100cqh + .9em - 12px); }
.asked {
  width: fit-content; max-width: 88%; margin: 0 0 .7em auto; padding: .45em .9em; border-radius: 1em 1em .25em 1em;
  background: var(--brand); color: var(--on-brand); font-size: 1em; font-weight: 500; white-space: pre-wrap;
}
.answer { margin-bottom: 1.4em; padding: .75em var(--gap) .7em; background: var(--card); border: 1px solid var(--line); border-radius: var(--radius); }
.state { display: flex; flex-wrap: wrap; align-items: center; gap: .2em .6em; color: var(--quiet); font-size: .84em; }
.moving::before { content: ""; width: .6em; height: .6em; border-radius: 50%; background: var(--brand); animation: breathe 1.6s ease-in-out infinite; }
@keyframes breathe { 50% { opacity: .2; } }
.aigc, .sample { padding: 0 .5em; border-radius: .4em; white-space: nowrap; }
.aigc { background: var(--brand); color: var(--on-brand); font-weight: 600; }
.sample { background: var(--sample-soft); color: var(--sample); font-size: .76em; font-weight: 400; }
a[href^="tel:"] { font-weight: 700; white-space: nowrap; }
.call { display: flex; flex-wrap: wrap; gap: .5em; margin-bottom: .5em; }
.call a { flex: 1 1 7em; padding: .5em; border-radius: .6em; background: var(--bad); color: var(--card); font-size: 1.25em; text-align: center; text-decoration: none; }
.note { margin-top: .6em; color: var(--quiet); font-size: .86em; }
.problem { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .5em 1em; margin-top: .5em; padding: .5em .8em; border-radius: .6em; background: var(--bad-soft); color: var(--bad); }
.problem.stopped { background: var(--paper); color: var(--ink); }
.problem button { color: var(--ink); }

.body > * { margin: .55em 0 0; } .body:first-child > :first-child { margin-top: 0; }
.body ul, .body ol { padding-inline-start: 1.7em; }
.body li + li { margin-top: .2em; }
.body h4, .body h5, .body h6 { font-size: 1.03em; }
blockquote { margin: 0; padding: .5em min(.9em, 16px); border-inline-start: 4px solid var(--brand); background: var(--soft); border-radius: 0 .5em .5em 0; }
blockquote > * + * { margin-top: .5em; }
pre, .table { overflow-x: auto; border-radius: .5em; }
pre { padding: .6em .8em; background: var(--paper); line-height: 1.5; }
code { font-family: ui-monospace, Consolas, "Noto Sans Mono CJK SC", monospace; font-size: .9em; }
:not(pre) > code { padding: .05em .35em; border-radius: .3em; background: var(--soft); }
table { border-collapse: collapse; } th, td { min-width: 4.5em; border: 1px solid var(--line); padding: .3em .6em; text-align: start; overflow-wrap: break-word; }
hr { border: 0; border-top: 1px solid var(--line); }
math { font-size: 1.08em; } math[display="block"] { overflow-x: auto; overflow-y: hidden; padding-block: .2em; }
.cite {
  min-height: max(24px, 1.6em); min-width: max(24px, 1.6em); padding: 0 .35em; margin: 0 .12em; font-size: .78em; line-height: 1.5; font-weight: 600;
  color: var(--brand); background: var(--soft); border-color: transparent; border-radius: .5em; vertical-align: .05em;
}
.cited { white-space: nowrap; }
.elder .cite { min-height: 1.9em; min-width: 1.9em; font-size: .9em; }
blockquote .cite { background: var(--card); }

.sources { margin-top: .8em; padding-top: .5em; border-top: 1px solid var(--line); font-size: .9em; }
.sources h4, .instead h4, .way h4 { font-size: .88em; color: var(--quiet); font-weight: 600; }
.sources ol { list-style: none; }
.sources button { display: flex; gap: .6em; width: calc(100% + 1em); margin: 0 -.5em; padding: .3em .5em; text-align: start; line-height: 1.45; border-color: transparent; }
.number { flex: none; height: 1.6em; min-width: 1.6em; text-align: center; line-height: 1.6; border-radius: .5em; background: var(--soft); color: var(--brand); font-weight: 600; }
.place { display: block; color: var(--quiet); font-size: .9em; }

.courses { list-style: none; display: grid; gap: .7em; margin-top: .7em; }
.course { padding: .7em .9em; border: 1px solid var(--line); border-radius: .7em; font-size: .93em; }
.course h4 { font-size: 1.06em; }
.reason { color: var(--brand); }
.facts { display: flex; flex-wrap: wrap; gap: .05em 1.1em; margin-top: .35em; font-size: .9em; }
.facts div { display: flex; gap: .4em; }
.facts dt { color: var(--quiet); white-space: nowrap; }
.unknown { color: var(--quiet); }
.session { margin-top: .45em; padding: .35em .65em; border-radius: .5em; background: var(--paper); font-size: .9em; }
.way, .instead { margin-top: .9em; }
.way .courses { gap: 0; }
.way .course { position: relative; display: grid; grid-template-columns: 2.2em 1fr; gap: .7em; padding: 0 0 1em; border: 0; }
.way .course:not(:last-child)::before { content: ""; position: absolute; inset: 2.2em auto 0 calc(1.1em - 1px); border-inline-start: 2px solid var(--line); }
.nth { display: grid; place-items: center; width: 2.2em; height: 2.2em; border-radius: 50%; background: var(--soft); color: var(--brand); border: 2px solid var(--brand); font-weight: 700; }
.done .nth { background: var(--brand); color: var(--on-brand); }

.quiz { display: grid; gap: .5em; margin-top: .8em; padding-top: .7em; border-top: 1px solid var(--line); }
.quiz > button { text-align: start; }
.quiz label { display: grid; gap: .2em; }
.quiz label span, .comment { font-size: .9em; color: var(--quiet); }
.quiz > div, .why > div { display: flex; flex-wrap: wrap; gap: .5em; }

.tools { display: flex; flex-wrap: wrap; align-items: center; gap: .15em .3em; margin: .6em -.5em 0; }
.tools button { padding: .1em .6em; border-color: transparent; background: none; color: var(--quiet); font-size: .86em; min-height: 2.3em; }
.elder .tools { gap: .25em; margin-inline: 0; }
.elder .tools button { min-height: 60px; font-size: 1em; border-color: var(--line); }
.tools button[aria-pressed="true"], .tools button[aria-pressed="true"]:hover:not(:disabled) { background: var(--soft); color: var(--brand); }
.thumbs { display: inline-flex; gap: inherit; margin-inline-start: auto; }
.thumb { display: grid; place-items: center; min-width: 2.5em; }
.elder .thumb { min-width: 60px; }
.thumb .down { transform: rotate(180deg); }
.said { color: var(--brand); } .tools .said { font-size: .86em; } .menu + .said { margin-top: .8em; }
.why { margin-top: .5em; padding: .7em .8em; border-radius: .6em; background: var(--paper); display: grid; gap: .6em; font-size: .93em; }
.why fieldset { display: flex; flex-wrap: wrap; gap: .2em 1.1em; }
.why legend { font-weight: 600; margin-bottom: .2em; }
.why fieldset label, .check { display: flex; align-items: center; gap: .5em; min-height: max(2em, calc(var(--target) * .8)); cursor: pointer; }

.foot { padding: .5em min(.8em, 13px) .55em; border-top: 1px solid var(--line); background: var(--card); }
.styles { display: flex; gap: .3em; margin-bottom: .4em; padding: 3px; overflow-x: auto; scrollbar-width: none; }
.styles button { flex: 1 0 auto; min-height: max(24px, calc(var(--target) * .72)); padding: 0 min(.4em, 12px); font-size: .86em; border-color: var(--line); border-radius: 1.5em; }
/* What goes on beyond the edge fades there. */
.elder .styles { padding-inline-end: 1.2em; mask-image: linear-gradient(to left, #0000, #000 1.2em); }
.elder .styles button { min-height: 60px; font-size: .95em; }
.elder .notice { font-size: min(.62em, 5vw); }
.over:not(:empty) { margin-bottom: .4em; color: var(--bad); font-size: .86em; }
.ask { display: flex; gap: .3em; align-items: end; padding: .25em; background: var(--paper); border: 1px solid var(--edge); border-radius: 1em; }
.ask:focus-within { border-color: var(--brand); box-shadow: 0 0 0 1px var(--brand); }
.ask textarea { flex: 1; min-width: 0; padding: .4em min(.65em, 10px); resize: none; max-height: 30dvh; field-sizing: content; border: 0; background: none; }
.ask textarea::placeholder { color: var(--quiet); opacity: 1; }
.ask textarea:focus-visible { outline: none; } /* the frame around the box shows the focus */
.ask button { flex: none; border-radius: .75em; font-weight: 600; }
.notice { display: flex; flex-wrap: wrap; gap: 0 .8em; justify-content: center; margin-top: .3em; font-size: .76em; line-height: 1.5; color: var(--quiet); text-align: center; }
.notice button { all: unset; cursor: pointer; text-decoration: underline; color: inherit; min-height: 24px; }
.notice button:focus-visible { outline: 3px solid var(--brand); outline-offset: 2px; }

.menu { list-style: none; display: grid; gap: .4em; }
.menu button { width: 100%; text-align: start; border-color: var(--line); }
.menu time { display: block; color: var(--quiet); font-size: .84em; }
.form { display: grid; gap: 1em; }
.form + h3 { margin: 1.4em 0 .5em; font-size: 1em; }
.form > label:not(.check), .sizes { display: grid; gap: .3em; font-weight: 600; }
.form select, .form textarea { font-weight: 400; }
.sizes div { display: flex; gap: .5em; }
.warn { padding: .7em .9em; border-radius: .6em; background: var(--bad-soft); color: var(--bad); margin-bottom: 1em; }
.about { margin-top: 1em; display: grid; grid-template-columns: auto 1fr; gap: .4em 1em; } .about dt { color: var(--quiet); }

dialog.source {
  width: min(40em, 94vw); max-height: 88vh; max-height: 88dvh; padding: 0; flex-direction: column; overflow: hidden; font-size: 1em;
  border: 1px solid var(--line); border-radius: calc(var(--radius) * 1.3); background: var(--card); color: var(--ink);
}
.source::backdrop { background: rgb(0 0 0 / .5); }
dialog.source[open] { display: flex; }
.source-head { display: flex; gap: .5em; align-items: start; justify-content: space-between; padding: min(1em, 16px); padding-bottom: .4em; }
.source-head button { flex: none; }
.source h3 { font-size: min(1.12em, 7vw); line-height: 1.5; }
.inside { overflow-y: auto; padding: 0 min(1em, 16px) 1em; }
.source .facts { margin: 0 0 .8em; }
.source blockquote { white-space: pre-line; }
.source h4 { margin: .9em 0 .35em; font-size: .9em; color: var(--quiet); }
.passage { padding: .7em min(.9em, 14px); white-space: pre-wrap; background: var(--paper); border-radius: .6em; }
mark { background: var(--mark); color: inherit; }

@media (max-width: 600px) {
  .floating .panel, .floating.elder .panel { inset: 0; width: 100vw; height: 100vh; height: 100dvh; border: 0; border-radius: 0; }
  dialog.source { width: 100vw; max-width: none; margin: auto 0 0; border-radius: 1em 1em 0 0; border-width: 1px 0 0; }
}
/* Three buttons of 60 px leave a title no room for gaps on the smallest phones. */
@media (max-width: 400px) { .head { gap: 0; padding-inline-end: 0; } }
/* With large text on a small window what stays in view would cover what one reads. */
@media (max-height: 30em) { .styles, .notice { display: none; } }
@media (max-height: 40em) { .elder .styles { display: none; } }
@media print { .floating { display: none; } }
@media (pointer: coarse) { .styles button { min-height: 36px; } }
@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; scroll-behavior: auto !important; } }
@media (prefers-contrast: more) { .root { --quiet: var(--ink); --line: var(--edge); } .answer, .course { border-width: 2px; } }
@media (forced-colors: active) { .ask:focus-within { outline: 3px solid; } .launcher, .main, .aigc, .asked, .call a { border: 1px solid; }
  button[aria-pressed="true"], button[aria-pressed="true"]:hover:not(:disabled) { background: Highlight; color: HighlightText; border-color: Highlight; forced-color-adjust: none; } }
`;
