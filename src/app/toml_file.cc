#include "app/toml_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#undef TOML_SHARED_LIB
#undef TOML_HEADER_ONLY
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1  // the packaged library throws
#include <toml++/toml.h>

namespace ashlar::app {
namespace {

using base::Code;
using base::fail;

base::Result<std::string> text_of(const toml::node& node, const std::string& key) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* integer = node.as_integer()) return std::to_string(integer->get());
  if (const auto* real = node.as_floating_point()) return shortest(real->get());
  if (const auto* boolean = node.as_boolean())
    return std::string(boolean->get() ? "true" : "false");
  if (const auto* array = node.as_array()) {
    std::string joined;
    for (const toml::node& item : *array) {
      if (!item.is_string()) {
        return fail(Code::kInvalid, "wrong_setting", key + ": a list holds texts only");
      }
      joined += (joined.empty() ? "" : ",") + item.as_string()->get();
    }
    return joined;
  }
  return fail(Code::kInvalid, "wrong_setting", key + ": not a text, number, true, false or list");
}

// Depth is bounded by toml++'s own limit on nesting.
base::Status flatten(const toml::table& table, const std::string& prefix,
                     std::vector<TomlEntry>& out) {
  for (const auto& [name, node] : table) {
    const std::string key = prefix + std::string(name.str());
    if (const auto* inner = node.as_table()) {
      ASHLAR_TRY(flatten(*inner, key + ".", out));
      continue;
    }
    ASHLAR_ASSIGN(std::string text, text_of(node, key));
    out.push_back({key, std::move(text), static_cast<int>(node.source().begin.line)});
  }
  return base::ok_status();
}

// What TOML reads back as the same text if it stands there bare.
bool is_bare(std::string_view text) {
  if (text == "true" || text == "false") return true;
  std::int64_t integer = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), integer);
  if (error == std::errc{} && end == text.data() + text.size()) {
    return std::to_string(integer) == text;
  }
  double real = 0;
  const auto [rest, wrong] = std::from_chars(text.data(), text.data() + text.size(), real);
  const bool is_real = wrong == std::errc{} && rest == text.data() + text.size();
  return is_real && text.find_first_of(".e") != std::string_view::npos &&
         text.find_first_not_of("0123456789.e-") == std::string_view::npos &&
         shortest(real) == text;
}

}  // namespace

std::string shortest(double value) {
  std::array<char, 32> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  return {digits.data(), end};
}

std::string toml_value(std::string_view text) {
  if (is_bare(text)) return std::string(text);
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

base::Result<std::vector<TomlEntry>> read_toml(const std::string& path) {
  const toml::parse_result parsed = toml::parse_file(path);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return fail(Code::kInvalid, "wrong_setting",
                path + ":" + std::to_string(error.source().begin.line) + ": " +
                    std::string(error.description()));
  }
  std::vector<TomlEntry> entries;
  ASHLAR_TRY(flatten(parsed.table(), "", entries));
  std::ranges::stable_sort(entries, {}, &TomlEntry::line);
  return entries;
}

}  // namespace ashlar::app
