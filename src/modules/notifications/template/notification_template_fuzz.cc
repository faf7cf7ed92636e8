// Any text as a template: it is refused, or it can be written with any data within its bounds; and
// what a value brings into HTML never ends the text or the attribute in which it stands.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/text.h"
#include "modules/notifications/template/message.h"
#include "platform/json/parse.h"

namespace {

using ashlar::notifications::compile_message;
using ashlar::notifications::FormatCache;
using ashlar::notifications::HtmlContext;
using ashlar::notifications::kMaxOutputBytes;
using ashlar::notifications::TemplateFields;
using ashlar::notifications::TextKind;

constexpr const char* kFields = R"({"s":{"type":"string"},"n":{"type":"integer"},
  "x":{"type":"number"},"b":{"type":"boolean"},"d":{"type":"date_time"},"m":{"type":"money"},
  "l":{"type":"list","items":{"type":"object","fields":{"s":{"type":"string"},
  "l":{"type":"list","items":{"type":"string"}}}}}})";
constexpr const char* kData = R"({"s":"\"'><script>&{}\n-->","n":-3,"x":1.5,"b":true,
  "d":"2026-07-01T22:30:00Z","m":{"amount":-1,"currency":"EUR"},
  "l":[{"s":"'\" onload=x ","l":["<",">"]},{"s":"</style>","l":[]}]})";

// The HTML that came out has to be such as the template itself could have been.
void check_html(std::string_view html) {
  HtmlContext context;
  for (const char c : html) CHECK(!context.feed(c));
  CHECK(context.complete());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static FormatCache cache;
  static const auto fields = *TemplateFields::of(*ashlar::json::parse(kFields), "/fields");
  static const auto values = *fields.apply(*ashlar::json::parse(kData));
  static const auto zone = ashlar::zone::TimeZone::utc();
  static const auto formats = cache.of("pl");
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (!ashlar::base::is_utf8(text)) return 0;
  const auto kind = static_cast<TextKind>(data[0] % 4);
  const auto message = compile_message(text, kind, fields, *formats, "/t");
  if (!message.ok()) {
    CHECK(message.error().fields.size() == 1);
    return 0;
  }
  std::string out;
  const auto written = write_message(*message, {values, *formats, *formats, zone}, out);
  if (!written.ok()) return 0;
  CHECK(out.size() <= kMaxOutputBytes);
  CHECK(ashlar::base::is_utf8(out));
  if (kind == TextKind::kHtml) check_html(out);
  return 0;
}
