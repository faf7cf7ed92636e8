// Records what JavaScript's Intl and intl-messageformat make of plurals, numbers, dates and messages:
//   node test/templates/record.mjs >test/templates/intl.tsv
// in a folder where `npm install --no-save intl-messageformat@12.1.5` has put it (MESSAGEFORMAT_FROM names that folder).
// src/modules/notifications/template/intl_test.cc reads the table and names the differences. Made with Node 20.20.2, whose ICU is 78.2
// with CLDR 48; Debian's is 72.1 with CLDR 42. A row: kind, locale, what is formatted, what came out; no-break spaces as blanks.
import { createRequire } from "node:module";
import { join } from "node:path";

const { IntlMessageFormat } = createRequire(join(process.env.MESSAGEFORMAT_FROM ?? process.cwd(), "x.js"))("intl-messageformat");

const kPlurals = ("af ak am ar as az be bg bn br bs ca ceb cs cy da de dsb el en es et eu fa fi fil fo fr fy ga gd gl gsw gu guw gv ha he " +
  "hi hr hsb hu hy id ig is it iu ja ka kk km kn ko kok ku kw ky lag lb lkt ln lo lt lv mg mk ml mn mr ms mt my naq nb ne nl nn nso or pa pl " +
  "ps pt pt-PT ro ru sc scn sd se si sk sl so sq sr sv sw ta te th ti tk tl to tr ug uk ur uz vi wa wo xh yo zh zu").split(" ");
const kNumbers = ("en en-GB en-IN de de-AT de-CH fr fr-CA fr-CH es es-MX it pt pt-PT nl sv da nb fi pl cs sk hu ro bg ru uk el tr he ar-EG " +
  "fa hi bn ta te th ja ko zh zh-Hant vi id ms sw sr sr-Latn hr sl lt lv et is ka hy az kk uz mn ne si km my am").split(" ");
const kDates = ("en en-GB de de-AT fr es it pt nl sv da nb fi pl cs sk hu ro bg ru uk el tr he hi th ja ko zh zh-Hant vi id sr hr sl lt lv et is " +
  "ka sw ca eu gl").split(" ");
const kOperands = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 19, 20, 21, 22, 23, 25, 31, 40, 42, 60, 61, 71, 79, 80, 81, 91, 99, 100,
  101, 102, 103, 110, 111, 112, 119, 121, 199, 200, 201, 1000, 1001, 2000, 10000, 100000, 1000000, 1000001, 2000000, 10000000,
  0.1, 0.5, 0.9, 1.1, 1.2, 1.5, 1.9, 2.1, 2.5, 5.5, 10.1, 11.5, 21.1, 100.5, 1000.001];
const kValues = [0, 7, -1, 999, 1000, 9999, 12345, -1234567, 1234567890123, 0.5, 1.25, -3.14159, 1234.5678, 99999.999];

const plain = (text) => text.replace(/[\u00a0\u202f\u2009]/g, " ").replace(/[\u200e\u200f\u061c]/g, "");
const row = (...cells) => {
  const line = cells.map(String).map(plain);
  if (line.some((cell) => /[\t\n]/.test(cell))) throw new Error("a cell with a tab");
  process.stdout.write(line.join("\t") + "\n");
};

for (const [kind, type] of [["cardinal", "cardinal"], ["ordinal", "ordinal"]])
  for (const locale of kPlurals) {
    if (new Intl.PluralRules(locale).resolvedOptions().locale.split("-")[0] !== locale.split("-")[0]) continue;  // this Node has not got it
    const rules = new Intl.PluralRules(locale, { type });
    const numbers = kOperands.filter((n) => type === "cardinal" || Number.isInteger(n));
    row(kind, locale, numbers.join(" "), numbers.map((n) => rules.select(n)).join(" "));
  }
for (const locale of kNumbers) {
  const each = (kind, options, values) => {
    const format = new Intl.NumberFormat(locale, options);
    for (const value of values) row(kind, locale, value, format.format(value));
  };
  each("decimal", {}, kValues);
  each("integer", { maximumFractionDigits: 0, roundingMode: "halfEven" }, kValues);
  each("percent", { style: "percent", roundingMode: "halfEven" }, [0, 0.07, 0.256, 1, 12.5, -0.5]);
  for (const [currency, digits] of [["EUR", 2], ["USD", 2], ["JPY", 0], ["KWD", 3]]) {
    const format = new Intl.NumberFormat(locale, { style: "currency", currency });
    for (const minor of [0, 5, 123456, -1999]) row("money", locale, `${minor} ${currency}`, format.format(minor / 10 ** digits));
  }
}
const kMoments = ["2026-01-02T03:04:05Z", "2026-07-31T22:15:00Z", "2024-02-29T12:00:00Z"];
for (const locale of kDates)
  for (const style of ["short", "medium", "long", "full"])
    for (const moment of kMoments) {
      const at = new Date(moment);
      row("date", locale, `${style} ${moment}`, new Intl.DateTimeFormat(locale, { dateStyle: style, timeZone: "Europe/Vienna" }).format(at));
      if (style !== "full") // names of zones are ours to choose
        row("time", locale, `${style} ${moment}`, new Intl.DateTimeFormat(locale, { timeStyle: style, timeZone: "Europe/Vienna" }).format(at));
    }

// Messages, for the syntax: quoting, offsets, nesting.
const kMessages = [
  "Hello {name}!", "{ name }", "it's {name}", "it''s {name}", "'{name}' is {name}", "'{''}' {name}", "a '{b}' c '{d}' {n, number}", "{n, number}",
  "{n, plural, one {# file} other {# files}}", "{n, plural, =0 {none} one {one} other {many #}}",
  "{n, plural, offset:1 =0 {nobody} =1 {just {name}} one {{name} and # other} other {{name} and # others}}",
  "{n, selectordinal, one {#st} two {#nd} few {#rd} other {#th}}", "{name, select, Ann {she} Bob {he} other {they}}",
  "{name, select, Ann {{n, plural, one {# cat} other {# cats}}} other {no cats}}", "{n, plural, one {'#' is #} other {'#'s: #}}",
  "{n, plural, other {{name, select, other {# is not a number here}}}}", "#{n, number}", "{n,plural,one{a}other{b}}",
  "  {n ,  plural ,  one  {a}  other  {b}  }  ", "{n, plural, one {it's} other {they''re '{'#'}'}}", "a } b".replace("}", "'}'"),
  "{n, plural, zero {z} one {o} two {t} few {f} many {m} other {x}}", "{n, selectordinal, zero {z} one {o} two {t} few {f} many {m} other {x}}"];
for (const locale of ["en", "de", "fr", "pl", "ru", "ar-EG", "cy", "ja", "lt", "ga"])
  for (const pattern of kMessages)
    for (const [name, n] of [["Ann", 0], ["Bob", 1], ["Zoë", 2], ["Ann", 5], ["x", 21], ["y", 1234]])
      row("message", locale, JSON.stringify({ pattern, name, n }), new IntlMessageFormat(pattern, locale).format({ name, n }));
