#include "platform/http/accept.h"

#include <algorithm>

#include "base/text.h"

namespace ashlar::http {
namespace {

// Cuts the text up to `separator` (or all) off `rest`, without the blanks around it.
std::string_view cut(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view piece = base::trim_spaces(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return piece;
}

// qvalue in thousandths: "0", "0.5", "1.000". nullopt: not one.
std::optional<int> parse_qvalue(std::string_view text) {
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 5 || (text.size() > 1 && text[1] != '.')) return std::nullopt;
  int thousandths = (text[0] - '0') * 1000;
  int place = 100;
  for (std::size_t i = 2; i < text.size(); ++i, place /= 10) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    thousandths += (text[i] - '0') * place;
  }
  return thousandths <= 1000 ? std::optional<int>(thousandths) : std::nullopt;
}

// The weight among an element's parameters; 1000 where there is none, nullopt where it is
// malformed.
std::optional<int> weight_of(std::string_view parameters) {
  while (!parameters.empty()) {
    std::string_view parameter = cut(parameters, ';');
    if (!base::ascii_iequals(cut(parameter, '='), "q")) continue;
    return parse_qvalue(base::trim_spaces(parameter));
  }
  return 1000;
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  std::optional<int> gzip, identity, any;
  while (!accept_encoding.empty()) {
    std::string_view element = cut(accept_encoding, ',');
    const std::string_view coding = cut(element, ';');
    const std::optional<int> weight = weight_of(element);
    if (!weight) continue;
    if (base::ascii_iequals(coding, "gzip") || base::ascii_iequals(coding, "x-gzip")) {
      gzip = weight;
    } else if (base::ascii_iequals(coding, "identity")) {
      identity = weight;
    } else if (coding == "*") {
      any = weight;
    }
  }
  const int gzip_weight = gzip.value_or(any.value_or(0));
  return gzip_weight > 0 && gzip_weight >= identity.value_or(0);
}

std::optional<std::string> parse_idempotency_key(std::string_view value) {
  std::string key;
  if (value.starts_with('"')) {
    if (value.size() < 2 || !value.ends_with('"')) return std::nullopt;
    value = value.substr(1, value.size() - 2);
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (value[i] == '"') return std::nullopt;
      if (value[i] == '\\') {
        ++i;
        if (i == value.size() || (value[i] != '"' && value[i] != '\\')) return std::nullopt;
      }
      key += value[i];
    }
  } else {
    key = value;
  }
  const bool visible =
      std::all_of(key.begin(), key.end(), [](char c) { return c >= 0x21 && c <= 0x7e; });
  if (key.empty() || key.size() > kMaxIdempotencyKeyBytes || !visible) return std::nullopt;
  return key;
}

std::optional<std::string_view> cookie_value(std::string_view cookie_field, std::string_view name) {
  while (!cookie_field.empty()) {
    const std::string_view pair = cut(cookie_field, ';');
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
    std::string_view value = pair.substr(equals + 1);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    return value;
  }
  return std::nullopt;
}

}  // namespace ashlar::http
