#include "modules/links/imports/import_mapping.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "base/text.h"
#include "modules/links/imports/import_rows.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"
#include "platform/security/password.h"

namespace ashlar::links {
namespace {

enum class Field : std::uint8_t {
  kCode,
  kUrl,
  kTitle,
  kNotes,
  kTags,
  kCreated,
  kValidFrom,
  kExpires,
  kMaxClicks,
  kClicks,
  kDomain,
  kForwardQuery,
  kArchived,
  kPassword,  // that there is one, and not which
  kBanned,
};

struct Name {
  ImportSource source;
  std::string_view name;  // letters and digits, in lower case
  Field field;
};
constexpr std::array kNames{
    Name{ImportSource::kShlink, "shortcode", Field::kCode},
    Name{ImportSource::kShlink, "longurl", Field::kUrl},
    Name{ImportSource::kShlink, "title", Field::kTitle},
    Name{ImportSource::kShlink, "tags", Field::kTags},
    Name{ImportSource::kShlink, "datecreated", Field::kCreated},
    Name{ImportSource::kShlink, "createdat", Field::kCreated},
    Name{ImportSource::kShlink, "validsince", Field::kValidFrom},
    Name{ImportSource::kShlink, "validuntil", Field::kExpires},
    Name{ImportSource::kShlink, "maxvisits", Field::kMaxClicks},
    Name{ImportSource::kShlink, "visits", Field::kClicks},
    Name{ImportSource::kShlink, "visitscount", Field::kClicks},
    Name{ImportSource::kShlink, "total", Field::kClicks},
    Name{ImportSource::kShlink, "domain", Field::kDomain},
    Name{ImportSource::kShlink, "forwardquery", Field::kForwardQuery},
    Name{ImportSource::kKutt, "address", Field::kCode},
    Name{ImportSource::kKutt, "target", Field::kUrl},
    Name{ImportSource::kKutt, "description", Field::kNotes},
    Name{ImportSource::kKutt, "createdat", Field::kCreated},
    Name{ImportSource::kKutt, "expirein", Field::kExpires},
    Name{ImportSource::kKutt, "visitcount", Field::kClicks},
    Name{ImportSource::kKutt, "domain", Field::kDomain},
    Name{ImportSource::kKutt, "password", Field::kPassword},
    Name{ImportSource::kKutt, "banned", Field::kBanned},
    Name{ImportSource::kYourls, "keyword", Field::kCode},
    Name{ImportSource::kYourls, "url", Field::kUrl},
    Name{ImportSource::kYourls, "title", Field::kTitle},
    Name{ImportSource::kYourls, "timestamp", Field::kCreated},
    Name{ImportSource::kYourls, "clicks", Field::kClicks},
    Name{ImportSource::kBitly, "id", Field::kCode},
    Name{ImportSource::kBitly, "link", Field::kCode},
    Name{ImportSource::kBitly, "bitlink", Field::kCode},
    Name{ImportSource::kBitly, "shortlink", Field::kCode},
    Name{ImportSource::kBitly, "longurl", Field::kUrl},
    Name{ImportSource::kBitly, "title", Field::kTitle},
    Name{ImportSource::kBitly, "tags", Field::kTags},
    Name{ImportSource::kBitly, "createdat", Field::kCreated},
    Name{ImportSource::kBitly, "datecreated", Field::kCreated},
    Name{ImportSource::kBitly, "clicks", Field::kClicks},
    Name{ImportSource::kBitly, "totalclicks", Field::kClicks},
    Name{ImportSource::kBitly, "engagements", Field::kClicks},
    Name{ImportSource::kBitly, "archived", Field::kArchived},
};

std::string plain(std::string_view name) {
  std::string out;
  for (const char c : base::ascii_lower(name)) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
  }
  return out;
}

std::optional<Field> field_of(ImportSource source, std::string_view name) {
  const std::string wanted = plain(name);
  const auto* const found = std::ranges::find_if(
      kNames, [&](const Name& each) { return each.source == source && each.name == wanted; });
  if (found == kNames.end()) return std::nullopt;
  return found->field;
}

base::Error bad_row(const char* reason, std::string detail) {
  return base::fail(base::Code::kInvalid, reason, std::move(detail));
}

// No text is none, and 0. One beyond int64 is as far out of range as that.
std::int64_t number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec == std::errc::result_out_of_range) return std::numeric_limits<std::int64_t>::max();
  return std::max<std::int64_t>(number, 0);
}

base::Status check_clicks(std::int64_t clicks) {
  if (clicks <= kMaxImportedClicks) return base::ok_status();
  return bad_row("clicks_out_of_range", "A link comes with at most 10,000,000,000 clicks.");
}

bool is_true(std::string_view text) {
  return text == "1" || base::ascii_iequals(text, "true") || base::ascii_iequals(text, "yes");
}

// "bit.ly/abc" and "https://bit.ly/abc" to "abc".
std::string last_segment(std::string_view text) {
  text = text.substr(0, text.find_first_of("?#"));
  while (text.ends_with('/')) text.remove_suffix(1);
  return std::string(text.substr(text.rfind('/') + 1));
}

void add_tags(std::vector<std::string>& tags, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("|,"), text.size());
    const std::string_view tag = base::trim_spaces(text.substr(0, end));
    if (!tag.empty()) tags.emplace_back(tag);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::optional<std::string> unless_empty(std::string_view text) {
  if (text.empty()) return std::nullopt;
  return std::string(text);
}

base::Status set_time(std::optional<base::Time>& to, std::string_view text) {
  if (text.empty()) return base::ok_status();
  to = parse_any_time(text);
  if (!to) return bad_row("time_malformed", "A time of this row cannot be read.");
  return base::ok_status();
}

// One field of a row, as text.
base::Status set(ImportSource source, Field field, std::string_view text, ImportedLink& row) {
  CreateLinkJson& link = row.link;
  switch (field) {
    case Field::kCode:
      link.code = source == ImportSource::kBitly ? last_segment(text) : std::string(text);
      return base::ok_status();
    case Field::kUrl:
      link.url = std::string(text);
      return base::ok_status();
    case Field::kTitle:
      link.title = unless_empty(text);
      return base::ok_status();
    case Field::kNotes:
      link.notes = unless_empty(text);
      return base::ok_status();
    case Field::kTags:
      add_tags(link.tags, text);
      return base::ok_status();
    case Field::kCreated:
      return set_time(row.created_at, text);
    case Field::kValidFrom:
      return set_time(link.valid_from, text);
    case Field::kExpires:
      return set_time(link.expires_at, text);
    case Field::kMaxClicks:
      if (!text.empty()) link.max_clicks = number_of(text);
      return base::ok_status();
    case Field::kClicks:
      row.clicks = number_of(text);
      return check_clicks(row.clicks);
    case Field::kDomain:
      link.domain = unless_empty(text);
      return base::ok_status();
    case Field::kForwardQuery:
      link.forward_query = is_true(text);
      return base::ok_status();
    case Field::kArchived:
      link.archived = is_true(text);
      return base::ok_status();
    case Field::kPassword:
      // Without it the link would be open to everybody.
      if (text.empty() || text == "0" || base::ascii_iequals(text, "false")) {
        return base::ok_status();
      }
      return bad_row("password_not_in_file",
                     "The link has a password that the file does not tell; make it by hand.");
    case Field::kBanned:
      if (is_true(text)) row.enabled = false;
      return base::ok_status();
  }
  std::unreachable();
}

base::Result<ImportedLink> finished(ImportedLink row) {
  if (row.link.url.empty()) return bad_row("url_missing", "This row has no URL.");
  if (row.link.code && row.link.code->empty()) row.link.code.reset();
  if (row.link.max_clicks) row.clicks_used = std::min(row.clicks, *row.link.max_clicks);
  return row;
}

std::string names_of(ImportSource source, Field field) {
  std::string names;
  for (const Name& each : kNames) {
    if (each.source != source || each.field != field) continue;
    names += (names.empty() ? "" : " or ") + std::string(each.name);
  }
  return names;
}

base::Result<ImportedLink> read_csv(ImportSource source, const std::vector<std::string>& columns,
                                    char delimiter, std::string_view text) {
  const std::vector<std::string> fields = csv_fields(text, delimiter);
  if (fields.size() != columns.size() || !base::is_utf8(text)) {
    return bad_row("row_malformed", "This row has not as many fields as the header, or is no CSV.");
  }
  ImportedLink row;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::optional<Field> field = field_of(source, columns[i]);
    if (field) ASHLAR_TRY(set(source, *field, base::trim_spaces(fields[i]), row));
  }
  return finished(std::move(row));
}

std::string text_of(const json::Value& value) {
  if (const std::string* const text = value.if_string()) return *text;
  if (const std::int64_t* const number = value.if_integer()) return std::to_string(*number);
  if (const bool* const flag = value.if_boolean()) return *flag ? "true" : "false";
  return {};
}

base::Status set_members(ImportSource source, const json::Value::Object& object, int depth,
                         ImportedLink& row) {
  for (const auto& [name, value] : object) {
    const json::Value::Object* const inner = value.if_object();
    if (inner != nullptr && depth == 0) {  // Shlink's meta and visitsSummary
      ASHLAR_TRY(set_members(source, *inner, 1, row));
      continue;
    }
    const std::optional<Field> field = field_of(source, name);
    if (!field) continue;
    if (const json::Value::Array* const list = value.if_array()) {
      for (const json::Value& each : *list) {
        if (*field == Field::kTags && each.if_string()) row.link.tags.push_back(*each.if_string());
      }
      continue;
    }
    const std::string text = text_of(value);
    // bit.ly's `id` and `link` name the same thing.
    if (*field == Field::kCode && text.empty()) continue;
    ASHLAR_TRY(set(source, *field, text, row));
  }
  return base::ok_status();
}

// Takes a member out of the object; what is left is /v1's own.
std::optional<json::Value> take(json::Value::Object& object, std::string_view name) {
  const auto found =
      std::ranges::find_if(object, [&](const auto& member) { return member.first == name; });
  if (found == object.end()) return std::nullopt;
  json::Value value = std::move(found->second);
  object.erase(found);
  return value;
}

std::int64_t take_number(json::Value::Object& object, std::string_view name) {
  const std::optional<json::Value> value = take(object, name);
  const std::int64_t* const number = value ? value->if_integer() : nullptr;
  return number == nullptr ? 0 : std::max<std::int64_t>(*number, 0);
}

base::Result<ImportedLink> read_own(json::Value::Object object) {
  ImportedLink row;
  row.clicks = take_number(object, "clicks");
  row.clicks_used = take_number(object, "clicks_used");
  if (const auto value = take(object, "enabled"); value && value->if_boolean()) {
    row.enabled = *value->if_boolean();
  }
  if (const auto value = take(object, "created_at"); value && value->if_string()) {
    ASHLAR_TRY(set_time(row.created_at, *value->if_string()));
  }
  ASHLAR_TRY(check_clicks(std::max(row.clicks, row.clicks_used)));
  if (const auto value = take(object, "password_hash"); value && !value->is_null()) {
    const std::string* const hash = value->if_string();
    if (hash == nullptr || !security::is_password_hash(*hash)) {
      return bad_row("bad_password_hash", "A password's hash is one that an export has written.");
    }
    row.password_hash = *hash;
  }
  // Without it the link would be open to everybody.
  if (const auto value = take(object, "has_password");
      value && value->if_boolean() && *value->if_boolean() && row.password_hash.empty()) {
    return bad_row("password_not_in_file", "The link has a password, and its hash is not here.");
  }
  ASHLAR_ASSIGN(row.link,
                create_link_schema().parse_body(json::to_text(json::Value(std::move(object)))));
  if (row.link.find_if_exists) {
    return bad_row("find_in_import", "An import tells links by their codes: no find_if_exists.");
  }
  if (row.link.password) {
    return bad_row("password_in_clear", "A password is moved as its hash, not in clear.");
  }
  return row;
}

}  // namespace

std::vector<std::string> columns_of(const LinkImport& import) {
  if (import.format != ImportFormat::kCsv || import.header.empty()) return {};
  return csv_fields(import.header, csv_delimiter(import.header));
}

base::Status check_columns(ImportSource source, const std::vector<std::string>& columns) {
  for (const Field needed : {Field::kCode, Field::kUrl}) {
    const bool there = std::ranges::any_of(
        columns, [&](const std::string& name) { return field_of(source, name) == needed; });
    if (there) continue;
    return base::fail(base::Code::kInvalid, "no_header",
                      "The first row has to name the columns, and none of them is " +
                          names_of(source, needed) + ".");
  }
  return base::ok_status();
}

base::Result<ImportedLink> read_row(ImportSource source, ImportFormat format,
                                    const std::vector<std::string>& columns, char delimiter,
                                    std::string_view text) {
  if (format == ImportFormat::kCsv) return read_csv(source, columns, delimiter, text);
  base::Result<json::Value> value = json::parse(text);
  if (!value.ok()) return bad_row("row_malformed", "This row is no JSON: " + value.error().detail);
  json::Value::Object* const object = value->if_object();
  if (object == nullptr) return bad_row("row_malformed", "This row is no JSON object.");
  if (source == ImportSource::kJsonl) return read_own(std::move(*object));
  ImportedLink row;
  ASHLAR_TRY(set_members(source, *object, 0, row));
  return finished(std::move(row));
}

std::optional<base::Time> parse_any_time(std::string_view text) {
  constexpr std::size_t kDate = 10;
  constexpr std::size_t kDateAndTime = 19;
  std::string full(text);
  if (text.size() == kDate && text[4] == '-') full += "T00:00:00Z";
  if (text.size() == kDateAndTime) full += "Z";
  // "+0000", as bit.ly writes it.
  if (full.size() > 5 && (full[full.size() - 5] == '+' || full[full.size() - 5] == '-') &&
      full.find('T') != std::string::npos) {
    full.insert(full.size() - 2, ":");
  }
  if (const auto time = base::parse_rfc3339(full)) return time;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  constexpr std::int64_t kMost = 253'402'300'799;  // the year 9999
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (seconds < 0 || seconds > kMost) return std::nullopt;
  return base::Time{base::Seconds{seconds}};
}

}  // namespace ashlar::links
