#include "modules/links/foreign/foreign_query.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace ashlar::links {
namespace {

// Of a form: '+' is a space. What is not percent-encoded UTF-8 is nothing.
std::optional<std::string> decoded(std::string_view text) {
  std::string plus(text);
  std::ranges::replace(plus, '+', ' ');
  std::optional<std::string> out = base::percent_decode(plus);
  if (!out || !base::is_utf8(*out) || out->find('\0') != std::string::npos) return std::nullopt;
  return out;
}

}  // namespace

ForeignQuery::ForeignQuery(std::string_view query) {
  while (!query.empty() && parameters_.size() < kMaxParameters) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view piece = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (piece.empty()) continue;
    const std::size_t equals = std::min(piece.find('='), piece.size());
    std::optional<std::string> name = decoded(piece.substr(0, equals));
    std::optional<std::string> value = decoded(piece.substr(std::min(equals + 1, piece.size())));
    if (!name || !value) {
      faults_.add("?query", "bad_percent_encoding",
                  "The query holds what is not percent-encoded UTF-8.");
      continue;
    }
    parameters_.emplace_back(std::move(*name), std::move(*value));
  }
}

std::optional<std::string> ForeignQuery::first(std::string_view name) const {
  for (const auto& [key, value] : parameters_) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::vector<std::string> ForeignQuery::all(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [key, value] : parameters_) {
    if (key == name) values.push_back(value);
  }
  return values;
}

std::optional<std::int64_t> ForeignQuery::integer(std::string_view name, std::int64_t least,
                                                  std::int64_t most) {
  const std::optional<std::string> text = first(name);
  if (!text || text->empty()) return std::nullopt;
  std::int64_t number = 0;
  const char* const end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, number);
  if (error == std::errc() && stop == end && number >= least && number <= most) return number;
  fault(name, "out_of_range",
        "Give a whole number from " + std::to_string(least) + " to " + std::to_string(most) + ".");
  return std::nullopt;
}

std::optional<base::Time> ForeignQuery::time(std::string_view name) {
  std::optional<std::string> text = first(name);
  if (!text || text->empty()) return std::nullopt;
  // The '+' of an offset that was not encoded has become a space.
  constexpr std::size_t kDate = 10;
  if (const std::size_t space = text->rfind(' '); space != std::string::npos && space > kDate) {
    (*text)[space] = '+';
  }
  if (text->size() == kDate) *text += "T00:00:00Z";
  std::optional<base::Time> time = base::parse_rfc3339(*text);
  if (!time) fault(name, "bad_timestamp", "Give a time like 2026-11-22T10:00:00Z.");
  return time;
}

bool ForeignQuery::is_true(std::string_view name) const {
  const std::optional<std::string> text = first(name);
  return text && (*text == "true" || *text == "1");
}

void ForeignQuery::fault(std::string_view name, const char* reason, std::string detail) {
  faults_.add("?" + std::string(name), reason, std::move(detail));
}

}  // namespace ashlar::links
