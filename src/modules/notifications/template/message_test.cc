#include "modules/notifications/template/message.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "platform/json/parse.h"

namespace ashlar::notifications {
namespace {

constexpr const char* kFields = R"({
  "name": {"type": "string"}, "n": {"type": "integer"}, "x": {"type": "number"},
  "on": {"type": "boolean"}, "at": {"type": "date_time"}, "total": {"type": "money"},
  "url": {"type": "string"}, "order": {"type": "object", "fields": {"id": {"type": "string"}}},
  "items": {"type": "list", "items": {"type": "object", "fields": {
    "title": {"type": "string"}, "count": {"type": "integer"},
    "tags": {"type": "list", "items": {"type": "string"}}}}}
})";

const TemplateFields& fields() {
  static const auto made = *TemplateFields::of(*json::parse(kFields), "/fields");
  return made;
}

class Messages : public testing::Test {
 protected:
  base::Result<Message> compiled(const std::string& text, TextKind kind = TextKind::kPlain,
                                 const char* locale = "en") {
    return compile_message(text, kind, fields(), *cache_.of(locale), "/t");
  }
  // The text, or what was wrong with it.
  std::string of(const std::string& text, const std::string& data = "{}",
                 TextKind kind = TextKind::kPlain, const char* locale = "en") {
    const auto message = compiled(text, kind, locale);
    if (!message.ok()) return "refused: " + std::string(message.error().fields[0].reason);
    const auto applied = fields().apply(*json::parse(data, {32, 100'000}));
    if (!applied.ok()) return "data: " + std::string(applied.error().fields[0].reason);
    std::string out;
    const auto formats = cache_.of(locale);
    const base::Status written =
        write_message(*message, {*applied, *formats, *formats, zone_}, out);
    return written.ok() ? out : "failed: " + std::string(written.error().reason);
  }
  std::string html(const std::string& text, const std::string& data = "{}") {
    return of(text, data, TextKind::kHtml);
  }
  std::string why(const std::string& text, TextKind kind = TextKind::kPlain) {
    const auto message = compiled(text, kind);
    return message.ok() ? "compiled" : message.error().fields[0].detail;
  }

  FormatCache cache_;
  zone::TimeZone zone_ = *zone::TimeZone::from_rule("Europe/Vienna", "CET-1CEST,M3.5.0,M10.5.0/3");
};

TEST_F(Messages, PutsValuesIn) {
  EXPECT_EQ(of("Hello {name}!", R"({"name":"Zoë"})"), "Hello Zoë!");
  EXPECT_EQ(of("Hello { name }!"), "Hello !") << "nothing given, nothing said";
  EXPECT_EQ(of("{order.id}", R"({"order":{"id":"A7"}})"), "A7");
  EXPECT_EQ(
      of("{n} {n, number} {x, number, integer} {x, number, percent}", R"({"n":1234567,"x":0.256})"),
      "1,234,567 1,234,567 0 26%");
  EXPECT_EQ(
      of("{total}|{total, number, currency}", R"({"total":{"amount":123456,"currency":"EUR"}})"),
      "€1,234.56|€1,234.56");
  EXPECT_EQ(of("{total}", R"({"total":{"amount":5,"currency":"jpy"}})"), "¥5");
  EXPECT_EQ(of("{on}", R"({"on":true})"), "true");
}

TEST_F(Messages, DatesAreOfTheReadersZone) {
  const char* summer = R"({"at":"2026-07-01T22:30:00Z"})";
  EXPECT_EQ(of("{at, date, short} {at, time, short}", summer, TextKind::kPlain, "de"),
            "02.07.26 00:30");
  EXPECT_EQ(of("{at, date, full}", summer, TextKind::kPlain, "de"), "Donnerstag, 2. Juli 2026");
  EXPECT_EQ(of("{at, time, full}", summer, TextKind::kPlain, "de"),
            "00:30:00 Mitteleuropäische Sommerzeit");
  EXPECT_EQ(of("{at, time, long}", R"({"at":"2026-12-01T12:00:00Z"})", TextKind::kPlain, "de"),
            "13:00:00 MEZ");
  // A zone that ICU does not know the name of.
  zone_ = *zone::TimeZone::from_rule("Nowhere/Else", "<+0545>-5:45");
  EXPECT_EQ(of("{at, time, long}", summer, TextKind::kPlain, "de"), "04:15:00 GMT+5:45");
}

TEST_F(Messages, PluralsAreTheLanguages) {
  const std::string text = "{n, plural, one {# file} other {# files}}";
  EXPECT_EQ(of(text, R"({"n":1})"), "1 file");
  EXPECT_EQ(of(text, R"({"n":1000})"), "1,000 files");
  EXPECT_EQ(of(text), " files");
  const std::string polish =
      "{n, plural, one {# plik} few {# pliki} many {# plików} other {# pliku}}";
  const std::map<std::string, std::string> forms = {{"1", "1 plik"},
                                                    {"2", "2 pliki"},
                                                    {"5", "5 plików"},
                                                    {"22", "22 pliki"},
                                                    {"12", "12 plików"}};
  for (const auto& [n, expected] : forms) {
    EXPECT_EQ(of(polish, "{\"n\":" + n + "}", TextKind::kPlain, "pl"), expected);
  }
  EXPECT_EQ(of("{x, plural, one {# plik} few {#} many {#} other {# pliku}}", R"({"x":1.5})",
               TextKind::kPlain, "pl"),
            "1,5 pliku");
  const std::string guests =
      "{n, plural, offset:1 =0 {nobody} =1 {you} one {you and # other} other {you and # others}}";
  EXPECT_EQ(of(guests, R"({"n":0})"), "nobody");
  EXPECT_EQ(of(guests, R"({"n":1})"), "you");
  EXPECT_EQ(of(guests, R"({"n":2})"), "you and 1 other");
  EXPECT_EQ(of(guests, R"({"n":4})"), "you and 3 others");
  const std::string place = "{n, selectordinal, one {#st} two {#nd} few {#rd} other {#th}}";
  EXPECT_EQ(of(place, R"({"n":3})"), "3rd");
  EXPECT_EQ(of(place, R"({"n":112})"), "112th");
  EXPECT_EQ(compiled("{n, plural, other {}}", TextKind::kPlain, "pl")->lacking_forms.size(), 3U);
}

TEST_F(Messages, Chooses) {
  const std::string text = "{name, select, ann {A} other {B} missing {C}}";
  EXPECT_EQ(of(text, R"({"name":"ann"})"), "A");
  EXPECT_EQ(of(text, R"({"name":"bob"})"), "B");
  EXPECT_EQ(of(text), "C");
  EXPECT_EQ(of("{on, select, true {yes} other {no}}", R"({"on":true})"), "yes");
  EXPECT_EQ(of("{n, select, 7 {seven} other {no}}", R"({"n":7})"), "seven");
}

TEST_F(Messages, GoesThroughLists) {
  const std::string items =
      R"({"name":"Z","items":[{"title":"a","count":1,"tags":["x","y"]},{"title":"b","count":2}]})";
  EXPECT_EQ(of("{items, list, {{name}: {.title}\n}}", items), "Z: a\nZ: b\n");
  EXPECT_EQ(
      of("{items, list, {{.count, plural, one {# piece} other {# pieces}} of {.title}; }}", items),
      "1 piece of a; 2 pieces of b; ");
  EXPECT_EQ(of("{items, list, {[{.tags, list, {<{.}>} empty {none of {.title}}}]}}", items),
            "[<x><y>][none of b]");
  EXPECT_EQ(of("{items, list, {-} empty {nothing for {name}}}", R"({"name":"Z"})"),
            "nothing for Z");
  EXPECT_EQ(of("{items, list, {-}}", R"({"items":[]})"), "");
}

TEST_F(Messages, QuotesAsIcuDoes) {
  EXPECT_EQ(of("it's '{name}' and ''"), "it's {name} and '");
  EXPECT_EQ(of("'{it''s}' {n, plural, other {#'#'}} '#'", R"({"n":2})"), "{it's} 2# '#'");
  EXPECT_EQ(of("'{open to the end"), "{open to the end");
  EXPECT_EQ(of("#"), "#");
  EXPECT_EQ(of("{n, plural, other {{name, select, other {#}}}}", R"({"n":2})"), "#");
}

TEST_F(Messages, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(why("ab\ncd {nome}"), "the data has no field nome (line 2, column 9)");
  EXPECT_EQ(why("{name, number}"),
            "name is a string, and here it has to be a number (line 1, column 14)");
  const std::map<std::string, std::string> table = {
      {"{name", "message_syntax"},
      {"name}", "message_syntax"},
      {"{}", "message_syntax"},
      {"{name, shout}", "message_syntax"},
      {"{n, plural, one {a}}", "message_syntax"},
      {"{n, plural, other {a} other {b}}", "message_syntax"},
      {"{n, plural, =1 {a} =1 {b} other {c}}", "message_syntax"},
      {"{n, plural, some {a} other {c}}", "message_syntax"},
      {"{n, plural, other {a}", "message_syntax"},
      {"{name, select, a {b}}", "message_syntax"},
      {"{x, number, ::scientific}", "message_syntax"},
      {"{at, date, ::yMd}", "message_syntax"},
      {"{.title}", "unknown_field"},
      {"{order.no}", "unknown_field"},
      {"{name.first}", "unknown_field"},
      {"{items, list, {{.name}}}", "unknown_field"},
      {"{items}", "wrong_type"},
      {"{order}", "wrong_type"},
      {"{n, number, currency}", "wrong_type"},
      {"{total, number, percent}", "wrong_type"},
      {"{name, list, {a}}", "wrong_type"},
      {"{x, select, other {a}}", "wrong_type"},
      {"{name, plural, other {a}}", "wrong_type"},
      {"{n, date}", "wrong_type"}};
  for (const auto& [text, reason] : table) EXPECT_EQ(of(text), "refused: " + reason) << text;
}

// --- Escaping ------------------------------------------------------------------------------------

TEST_F(Messages, EscapesByPlace) {
  const std::string evil =
      R"({"name":"<script>alert('1')</script>\"&","url":"https://a.example/?q=\"><b>&x='1'"})";
  const std::string text = "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;";
  EXPECT_EQ(html("<p>{name}</p>", evil), "<p>" + text + "</p>");
  EXPECT_EQ(html("<img alt=\"{name}\">", evil), "<img alt=\"" + text + "\">");
  EXPECT_EQ(html("<title>{name}</title>", evil), "<title>" + text + "</title>");
  EXPECT_EQ(html("<a href=\"{url}\">", evil),
            "<a href=\"https://a.example/?q=%22%3E%3Cb%3E&amp;x=%271%27\">");
  EXPECT_EQ(
      html("<a href=\"https://a.example/?q={name}\">", evil),
      "<a href=\"https://a.example/?q=%3Cscript%3Ealert%28%271%27%29%3C%2Fscript%3E%22%26\">");
  EXPECT_EQ(of("{name}", evil), "<script>alert('1')</script>\"&") << "plain text is plain";
  EXPECT_EQ(of("a{name}b", R"({"name":"\r\nBcc: x\u2028y\u0085\u0007z"})", TextKind::kLine),
            "a  Bcc: x y  zb");
  EXPECT_EQ(of("{url}", evil, TextKind::kUrl), "https://a.example/?q=%22%3E%3Cb%3E&x=%271%27");
  EXPECT_EQ(of("myapp://order/{name}", R"({"name":"a/b c"})", TextKind::kUrl),
            "myapp://order/a%2Fb%20c");
}

TEST_F(Messages, UrlsKeepToTheirSchemes) {
  const auto link = [&](const std::string& url) {
    const std::string out = html("<a href=\"{url}\">", "{\"url\":\"" + url + "\"}");
    return out.starts_with("<a href=\"") ? out.substr(9, out.size() - 11) : out;
  };
  EXPECT_EQ(link("http://a.example"), "http://a.example");
  EXPECT_EQ(link("HTTPS://a.example"), "HTTPS://a.example");
  EXPECT_EQ(link("mailto:a@b.example"), "mailto:a@b.example");
  EXPECT_EQ(link("tel:+43"), "tel:+43");
  EXPECT_EQ(link("/orders"), "/orders");
  EXPECT_EQ(link("#part"), "#part");
  EXPECT_EQ(html("<a href=\"{url}\">"), "<a href=\"#\">");
  for (const char* bad :
       {"javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\\nscript:x",
        "\\tjavascript:x", "data:text/html,<b>", "vbscript:x", "file:///etc/passwd", "javascript",
        "&#106;avascript:x", "ftp://a", "x:y", "a/b:c", "\\u0001javascript:x"}) {
    EXPECT_EQ(link(bad), "failed: url_refused") << bad;
  }
}

TEST_F(Messages, RefusesPlacesWhereNothingIsSafe) {
  for (const char* text : {"<style>p { color: {name} }</style>",
                           "<style>{name}</style>",
                           "<style>a{b, c}</style>",
                           "<!-- {name} -->",
                           "<!-- a --{name}> -->",
                           "<!DOCTYPE {name}>",
                           "<p class={name}>",
                           "<p class=a{name}>",
                           "<{name}>",
                           "<p{name}>",
                           "<p {name}>",
                           "<p {name}=\"a\">",
                           "<p class {name}>",
                           "</{name}>",
                           "<p style=\"color:{name}\">",
                           "<p data=\"{name}\">",
                           "<a xlink:href=\"{name}\">",
                           "<img srcset=\"{name}\">",
                           "<meta content=\"{name}\">",
                           "<meta name=\"{name}\">",
                           "<link href=\"{name}\">",
                           "<a href=\"java{name}\">",
                           "<a href=\"x{name}:alert(1)\">",
                           "<a href={url}>",
                           "<input autofocus=\"{name}\">"}) {
    EXPECT_EQ(html(text), "refused: placeholder_not_allowed") << text;
  }
  const std::map<std::string, std::string> table = {
      {"<script>{name}</script>", "element_not_allowed"},
      {"<script>1</script>", "element_not_allowed"},
      {"<IFRAME src=\"a\">", "element_not_allowed"},
      {"<svg><p>{name}</p></svg>", "element_not_allowed"},
      {"<noscript>{name}</noscript>", "element_not_allowed"},
      {"<p onclick=\"{name}\">", "attribute_not_allowed"},
      {"<p OnClick=\"a()\">", "attribute_not_allowed"},
      {"<iframe/srcdoc=\"{name}\">", "element_not_allowed"},
      {"<p srcdoc=\"{name}\">", "attribute_not_allowed"},
      {"<a href=\"javascript:alert(1)\">", "url_not_allowed"},
      {"<a href=javascript:alert(1)>", "url_not_allowed"},
      {"<a href=\" JAVAscript:alert(1)\">", "url_not_allowed"},
      {"<a href=\"java\tscript:alert(1)\">", "url_not_allowed"},
      {"<a href=\"&#106;avascript:alert(1)\">", "url_not_allowed"},
      {"<img src=\"data:text/html,{name}\">", "url_not_allowed"},
      {"<p class=\"a\" {on, select, true {class=\"b\"} other {}}>", ""},
      {"<!-->{name}", "html_syntax"},
      {"<!--->{name}", "html_syntax"},
      {"<![CDATA[{name}]]>", "html_syntax"},
      {"<title><b>{name}</title>", "html_syntax"},
      {"<p title=\"a", "html_syntax"},
      {"<p", "html_syntax"},
      {"<!-- a", "html_syntax"},
      {"<p a\"b>", "html_syntax"},
      {"<p class=a\"b>", "html_syntax"},
      {"<?php {name} ?>", "html_syntax"},
      {"<<b>", "html_syntax"},
      {"{on, select, true {<p title=\"} other {}}{name}\">", "arms_disagree"},
      {"{on, select, true {<b>} other {<i class=\"a\">}}", ""},
      {"{items, list, {<p title=\"}}{name}", "arms_disagree"},
      {"<a href=\"{on, select, true {https://a} other {http://b}}/{name}\">", ""},
      {"<a href=\"{on, select, true {https://a} other {}}{name}\">", "arms_disagree"}};
  for (const auto& [text, reason] : table) {
    const std::string out = html(text);
    EXPECT_EQ(out.starts_with("refused") ? out : "", reason.empty() ? "" : "refused: " + reason)
        << text;
  }
}

TEST_F(Messages, CssAndConditionalCommentsAreLeftAlone) {
  const std::string text =
      "<!DOCTYPE html><html><head><style>@media x { p { color: red } } p::after{content:'\\''}"
      "</style><!--[if mso]><p>x</p><![endif]--><!--[if !mso]><!--><b>a</b><!--<![endif]--></head>";
  EXPECT_EQ(html(text + "{name}", R"({"name":"<"})"), text + "&lt;");
  EXPECT_EQ(html("a < b, {n} <= 3", R"({"n":1})"), "a < b, 1 <= 3");
}

// --- Bounds --------------------------------------------------------------------------------------

TEST_F(Messages, BombsAreRefused) {
  std::string deep = "x";
  for (int i = 0; i < 9; ++i) deep = "{on, select, other {" + deep + "}}";
  EXPECT_EQ(of(deep), "refused: message_too_deep");
  EXPECT_EQ(of(std::string(kMaxMessageBytes + 1, 'x')), "refused: message_too_long");
  std::string many;
  for (std::size_t i = 0; i <= kMaxMessageNodes; ++i) many += "{n}";
  EXPECT_EQ(of(many), "refused: message_too_long");

  std::string items = R"({"items":[)";
  for (int i = 0; i < 1000; ++i) items += (i == 0 ? "{}" : ",{}");
  items += "]}";
  const std::string loop = "{items, list, {{items, list, {{items, list, {x}}}}}}";
  EXPECT_EQ(of(loop, items), "failed: message_too_many_steps");
  EXPECT_EQ(of("{items, list, {" + std::string(1000, 'x') + "}}", items),
            "failed: message_too_long");
  items.insert(items.size() - 2, ",{}");
  EXPECT_EQ(of("{items, list, {x}}", items), "data: too_many_items");
}

TEST_F(Messages, NumbersAtTheEdge) {
  // Beyond 64 bits with the precision of a double.
  EXPECT_EQ(of("{n, plural, offset:1000000 other {#}}", R"({"n":-9223372036854775808})"),
            "-9,223,372,036,855,775,000");
  EXPECT_EQ(of("{n, plural, =9223372036854775807 {top} other {#}}", R"({"n":9223372036854775807})"),
            "top");
  EXPECT_EQ(of("{x}", R"({"x":1e300})").size(), 401U);
  EXPECT_EQ(of("{x, plural, =1 {one} other {#}}", R"({"x":1.0})"), "one");
}

TEST(LocaleTags, AreReadAndCutShort) {
  for (const char* good : {"de", "de-AT", "zh-Hant-TW", "es-419", "sr-Latn-RS", "ca-ES-valencia"}) {
    EXPECT_TRUE(is_locale(good)) << good;
  }
  for (const char* bad : {"", "d", "de-", "-de", "de--AT", "de_AT", "deutsch", "de-u-nu-thai",
                          "x-private", "de-A", "12", "de AT", "../../etc", "zh-Hant-TW-Hans"}) {
    EXPECT_FALSE(is_locale(bad)) << bad;
  }
  EXPECT_EQ(canonical_locale("DE_at"), "de-AT");
  EXPECT_EQ(canonical_locale("ZH-hANT-tw"), "zh-Hant-TW");
  EXPECT_EQ(canonical_locale("no!"), "no!");
  EXPECT_EQ(parent_locale("zh-Hant-TW"), "zh-Hant");
  EXPECT_EQ(parent_locale("zh"), "");
}

}  // namespace
}  // namespace ashlar::notifications
