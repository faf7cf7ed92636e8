// Message: one text of a template, compiled: what stays and what is put in, each with the way in
// which it must be escaped where it stands. The language is ICU's MessageFormat, a part of it, and
// lists:
//
//   {name}  {order.number}                  a field of the data; a member of an object
//   {n, number}  integer, percent           {total} or {total, number, currency}: money
//   {at, date}   short medium long full     {at, time, short}
//   {n, plural, offset:1 =0 {…} one {…} other {# more}}      # is n - offset
//   {n, selectordinal, one {#st} two {#nd} few {#rd} other {#th}}
//   {x, select, a {…} other {…}}            strings, integers; booleans: true, false;
//                                           where there is no value: missing, if it has that arm
//   {items, list, {<li>{.title}</li>} empty {…}}   {.title} is of the item, {.} the item itself
//   '{' and '}' in apostrophes, '' for one of them; '#' in plural's own text
//
// It cannot loop but over lists, call, or read anything but the data. Everything is checked when it
// is compiled: fields that are not declared, types, styles, arms without `other`, and in HTML each
// place (html_context.h).
//
// Promises
//  1. Work is bounded: kMaxDepth at compile time; when written, kMaxOutputBytes and kMaxSteps per
//     text, which is refused beyond them, not cut.
//  2. Arms end in the same place of the HTML, so what is safe in one is safe after each.
//
// Immutable once compiled: any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/notifications/template/html_context.h"
#include "modules/notifications/template/locale_formats.h"
#include "modules/notifications/template/template_fields.h"

namespace ashlar::notifications {

// What a text is, which decides how values are escaped.
enum class TextKind : std::uint8_t { kPlain, kLine, kHtml, kUrl };

struct Message;

struct MessageNode {
  enum class Kind : std::uint8_t {
    kLiteral,
    kValue,
    kNumber,
    kMoney,
    kDate,
    kTime,
    kPound,
    kPlural,
    kOrdinal,
    kSelect,
    kList,
  };
  struct Arm;

  Kind kind = Kind::kLiteral;
  Escape escape = Escape::kPlain;
  NumberStyle number = NumberStyle::kDecimal;
  DateStyle date = DateStyle::kMedium;
  bool of_item = false;             // the path begins at the list's item
  std::vector<std::uint16_t> path;  // positions in the data (template_fields.h)
  FieldType type = FieldType::kString;
  std::int64_t offset = 0;  // kPlural
  std::string text;         // kLiteral
  std::string name;         // as written: for errors
  std::vector<Arm> arms;    // kList: the item's, and the one for no items
};

struct Message {
  std::vector<MessageNode> nodes;
  // After which node <body …> ends; a mail's preheader goes there.
  std::optional<std::size_t> after_body{};
  // Plural forms of the locale that no arm has: "few of {n, plural}". For a preview.
  std::vector<std::string> lacking_forms;

  [[nodiscard]] bool empty() const { return nodes.empty(); }
};

struct MessageNode::Arm {
  std::string key;                      // kSelect
  std::optional<std::int64_t> exact{};  // kPlural: =5
  PluralForm form = PluralForm::kOther;
  Message body;
};

inline constexpr std::size_t kMaxMessageBytes = 256 * 1024;
inline constexpr std::size_t kMaxMessageDepth = 8;
inline constexpr std::size_t kMaxMessageNodes = 20'000;
inline constexpr std::size_t kMaxOutputBytes = 256 * 1024;
inline constexpr std::size_t kMaxSteps = 100'000;

// kInvalid with one field {pointer, reason, "… (line 3, column 14)"}; reasons: message_syntax,
// unknown_field, wrong_type, message_too_long, message_too_deep, arms_disagree, and HtmlError's.
base::Result<Message> compile_message(std::string_view text, TextKind kind,
                                      const TemplateFields& fields, const LocaleFormats& formats,
                                      const std::string& pointer);

struct MessageReader {
  const json::Value& data;        // as TemplateFields::apply() gives it
  const LocaleFormats& language;  // plurals: of the text
  const LocaleFormats& formats;   // numbers and dates: of the reader
  const zone::TimeZone& zone;
};
// Appended to `out`. kInvalid message_too_long, message_too_many_steps, url_refused (a value that
// is no URL of http, https, mailto or tel, nor a path).
base::Status write_message(const Message& message, const MessageReader& reader, std::string& out);

}  // namespace ashlar::notifications
