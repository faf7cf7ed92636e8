#include "modules/activity/event_reader.h"

#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "modules/activity/board.h"
#include "platform/json/parse.h"

namespace ashlar::activity {
namespace {

using base::Code;
using json::Value;

constexpr json::ParseLimits kLineLimits{.max_depth = 3, .max_values = 64};
constexpr json::ParseLimits kBodyLimits{.max_depth = 5, .max_values = kMaxEvents * 24};
constexpr std::array<std::string_view, 3> kOwnDimensions{"user", "action", "endpoint"};

bool is_tag_name(std::string_view name) {
  if (name.empty() || name.size() > Tally::kMaxDimensionBytes) return false;
  for (const char c : name) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
    if (!plain) return false;
  }
  return true;
}

bool is_own_dimension(std::string_view name) {
  for (const std::string_view own : kOwnDimensions) {
    if (name == own) return true;
  }
  return false;
}

// RFC 6901.
std::string pointer(const std::string& where, std::string_view name) {
  std::string out = where + "/";
  for (const char c : name) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

// One body's reading: what was counted so far, and what was wrong.
class Reading {
 public:
  explicit Reading(base::Time now) : now_(now) {}

  void read_line(std::string_view line, std::string_view where) {
    base::Result<Value> value = json::parse(line, kLineLimits);
    if (!value.ok()) {
      return wrong(std::string(where), value.error().reason, value.error().detail);
    }
    read_event(*value, where);
  }

  void read_event(const Value& event, std::string_view where) {
    const Value::Object* members = event.if_object();
    if (members == nullptr) return wrong(std::string(where), "wrong_type", "Not an object.");
    Event found;
    for (const auto& [name, value] : *members) {
      take_member(found, name, value, pointer(std::string(where), name));
    }
    for (const char* name : {"at", "user", "action"}) {
      if (event.find(name) != nullptr) continue;
      wrong(std::string(where) + "/" + name, "required", "This must be given.");
    }
    if (errors_.empty()) count(found);
  }

  [[nodiscard]] bool give_up() const { return errors_.size() >= kMaxErrors; }

  base::Result<EventBatch> finish() && {
    if (!errors_.empty()) {
      return base::Error{Code::kInvalid, "invalid_request",
                         "Nothing was counted: these events are not as they should be.",
                         std::move(errors_)};
    }
    if (batch_.accepted + batch_.late + batch_.ahead == 0) {
      return base::fail(Code::kInvalid, "no_events", "There is no event in the body.");
    }
    return std::move(batch_);
  }

  void wrong(std::string field, const char* reason, std::string detail) {
    if (!give_up()) errors_.push_back({std::move(field), reason, std::move(detail)});
  }

 private:
  struct Event {
    std::optional<base::Time> at;
    std::array<const std::string*, kOwnDimensions.size()> keys{};
    const Value::Object* tags = nullptr;
  };

  void take_member(Event& event, std::string_view name, const Value& value,
                   const std::string& where) {
    if (name == "at") return take_time(event, value, where);
    if (name == "tags") return take_tags(event, value, where);
    for (std::size_t i = 0; i < kOwnDimensions.size(); ++i) {
      if (name == kOwnDimensions[i]) {
        event.keys[i] = key_of(value, where);
        return;
      }
    }
    wrong(where, "unknown_field", "There is no such field here.");
  }

  const std::string* key_of(const Value& value, const std::string& where) {
    const std::string* text = value.if_string();
    if (text == nullptr) {
      wrong(where, "wrong_type", "Give a string.");
    } else if (text->empty()) {
      wrong(where, "too_short", "Give at least one character.");
    } else if (text->size() > Tally::kMaxKeyBytes) {
      wrong(where, "too_long", "At most 256 bytes.");
    } else {
      return text;
    }
    return nullptr;
  }

  void take_time(Event& event, const Value& value, const std::string& where) {
    if (const std::string* text = value.if_string()) {
      event.at = base::parse_rfc3339(*text);
    } else if (const std::int64_t* seconds = value.if_integer()) {
      constexpr std::int64_t kYear9999 = 253'402'300'799;
      if (*seconds >= 0 && *seconds <= kYear9999) event.at = base::Time{base::Seconds{*seconds}};
    } else if (const double* real = value.if_real()) {
      if (*real >= 0 && *real < 253'402'300'800.0) {
        event.at = base::from_micros(static_cast<std::int64_t>(std::floor(*real * 1e6)));
      }
    } else {
      return wrong(where, "wrong_type", "Give a time: RFC 3339, or Unix seconds.");
    }
    if (!event.at) wrong(where, "bad_timestamp", "Not a time: RFC 3339, or Unix seconds.");
  }

  void take_tags(Event& event, const Value& value, const std::string& where) {
    event.tags = value.if_object();
    if (event.tags == nullptr) return wrong(where, "wrong_type", "Give an object of strings.");
    if (event.tags->size() > kMaxTags) {
      return wrong(where, "too_many_items", "At most 16 tags.");
    }
    for (const auto& [name, tag] : *event.tags) {
      const std::string place = pointer(where, name);
      if (is_own_dimension(name)) wrong(place, "reserved", "Every event has this one already.");
      if (!is_tag_name(name)) {
        wrong(place, "bad_format", "A tag's name is 1 to 40 of a-z, 0-9, '_', '.', '-'.");
      }
      key_of(tag, place);
    }
  }

  void count(const Event& event) {
    if (*event.at > now_ + kMaxAhead) {
      ++batch_.ahead;
    } else if (*event.at <= now_ - Board::kMaxWindow) {
      ++batch_.late;
    } else {
      ++batch_.accepted;
      const std::int64_t second = base::to_unix_seconds(std::min(*event.at, now_));
      for (std::size_t i = 0; i < kOwnDimensions.size(); ++i) {
        if (event.keys[i] != nullptr) batch_.tally.add(kOwnDimensions[i], second, *event.keys[i]);
      }
      if (event.tags == nullptr) return;
      for (const auto& [name, tag] : *event.tags) batch_.tally.add(name, second, *tag.if_string());
    }
  }

  const base::Time now_;
  EventBatch batch_;
  std::vector<base::FieldError> errors_;
};

std::string place(std::string_view before, std::size_t index) {
  return std::string(before) + "/" + std::to_string(index);
}

void read_list(const Value& events, Reading& reading) {
  const Value::Array* list = events.if_array();
  if (list == nullptr) return reading.wrong("/events", "wrong_type", "Give a list of events.");
  if (list->size() > kMaxEvents) {
    return reading.wrong("/events", "too_many_items", "At most 20,000 events a request.");
  }
  for (std::size_t i = 0; i < list->size() && !reading.give_up(); ++i) {
    reading.read_event((*list)[i], place("/events", i));
  }
}

void read_lines(std::string_view body, Reading& reading) {
  std::size_t events = 0;
  for (std::size_t number = 0; !body.empty() && !reading.give_up(); ++number) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    const std::string_view line = base::trim_spaces(body.substr(0, end));
    body.remove_prefix(std::min(end + 1, body.size()));
    if (line.empty() || line == "\r") continue;
    if (++events > kMaxEvents) {
      return reading.wrong(place("", number), "too_many_items", "At most 20,000 events a request.");
    }
    reading.read_line(line, place("", number));
  }
}

}  // namespace

base::Result<EventBatch> read_events(std::string_view body, base::Time now) {
  Reading reading(now);
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  // An object over several lines, or with "events" in it, is the other form.
  const std::string_view start =
      first == std::string_view::npos ? std::string_view{} : body.substr(first);
  const std::size_t quote = start.find('"');
  const bool whole = start.starts_with('{') && quote != std::string_view::npos &&
                     start.substr(quote).starts_with("\"events\"");
  if (!whole) {
    read_lines(body, reading);
    return std::move(reading).finish();
  }
  ASHLAR_ASSIGN(const Value value, json::parse(body, kBodyLimits));
  for (const auto& [name, member] : *value.if_object()) {
    if (name == "events") {
      read_list(member, reading);
    } else {
      reading.wrong(pointer("", name), "unknown_field", "There is no such field here.");
    }
  }
  return std::move(reading).finish();
}

}  // namespace ashlar::activity
