#include "platform/http/query.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace ashlar::http {
namespace {

std::optional<std::string> decode(std::string_view text) {
  std::optional<std::string> out;
  if (text.find('+') == std::string_view::npos) {
    out = base::percent_decode(text);
  } else {
    std::string spaced(text);
    std::replace(spaced.begin(), spaced.end(), '+', ' ');
    out = base::percent_decode(spaced);
  }
  return out;
}

struct Piece {
  std::string name, value;
  const char* fault = nullptr;
};

Piece parse_piece(std::string_view text) {
  const std::size_t equals = std::min(text.find('='), text.size());
  const std::optional<std::string> name = decode(text.substr(0, equals));
  const std::optional<std::string> value = decode(text.substr(std::min(equals + 1, text.size())));
  // What cannot be decoded is named as it was sent, unless even that is not text.
  Piece piece{std::string(text.substr(0, equals)), {}, nullptr};
  if (!base::is_utf8(piece.name)) piece.name.clear();
  if (!name || !value) {
    piece.fault = "bad_percent_encoding";
  } else if (!base::is_utf8(*name) || !base::is_utf8(*value)) {
    piece.fault = "bad_utf8";
  } else if (name->empty()) {
    piece.fault = "empty_name";
  } else {
    piece.name = *name;
    piece.value = *value;
  }
  return piece;
}

const char* detail_of(std::string_view fault) {
  if (fault == "bad_percent_encoding") return "A % is not followed by two hex digits.";
  if (fault == "bad_utf8") return "It is not UTF-8 once percent-encoding is undone.";
  if (fault == "empty_name") return "There is a value without a name.";
  return "The parameter is given twice.";
}

}  // namespace

base::Result<QueryParameters> parse_query(std::string_view query) {
  QueryParameters parameters;
  base::Error error{base::Code::kInvalid, "bad_query", "The query cannot be read.", {}};
  std::size_t pieces = 0;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view text = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (text.empty()) continue;
    if (++pieces > kMaxQueryParameters) {
      error.fields = {{"?", "too_many_parameters", "A query holds at most 32 parameters."}};
      return error;
    }
    Piece piece = parse_piece(text);
    const bool known = std::any_of(parameters.begin(), parameters.end(),
                                   [&](const auto& other) { return other.first == piece.name; });
    if (piece.fault == nullptr && known) piece.fault = "duplicate_parameter";
    if (piece.fault != nullptr) {
      error.fields.push_back({"?" + piece.name, piece.fault, detail_of(piece.fault)});
    } else {
      parameters.emplace_back(std::move(piece.name), std::move(piece.value));
    }
  }
  if (!error.fields.empty()) return error;
  return parameters;
}

}  // namespace ashlar::http
