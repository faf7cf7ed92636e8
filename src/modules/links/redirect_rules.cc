#include "modules/links/redirect_rules.h"

#include <algorithm>

#include "base/check.h"

namespace ashlar::links {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Whether `encoded` is `plain`, percent-encoding and '+' undone. What is no encoding stands for
// itself.
bool decodes_to(std::string_view encoded, std::string_view plain) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    char c = encoded[i] == '+' ? ' ' : encoded[i];
    if (c == '%' && i + 2 < encoded.size() && hex_value(encoded[i + 1]) >= 0 &&
        hex_value(encoded[i + 2]) >= 0) {
      c = static_cast<char>(hex_value(encoded[i + 1]) * 16 + hex_value(encoded[i + 2]));
      i += 2;
    }
    if (at == plain.size() || plain[at++] != c) return false;
  }
  return at == plain.size();
}

bool query_holds(const QueryCondition& condition, std::string_view query) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    if (!decodes_to(pair.substr(0, equals), condition.name)) continue;
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
    if (!condition.value || decodes_to(value, *condition.value)) return true;
  }
  return false;
}

template <class T>
bool in_mask(std::uint8_t mask, T value) {
  return mask == 0 || (mask & static_cast<std::uint8_t>(value)) != 0;
}

}  // namespace

bool rule_holds(const RedirectRule& rule, const Visit& visit) {
  if (!in_mask(rule.devices, visit.agent.device) || !in_mask(rule.systems, visit.agent.os) ||
      !in_mask(rule.browsers, visit.agent.browser)) {
    return false;
  }
  if (rule.from && visit.now < *rule.from) return false;
  if (rule.until && visit.now >= *rule.until) return false;
  const auto speaks = [&](const std::string& range) {
    return language_matches(range, visit.language);
  };
  if (!rule.languages.empty() && std::ranges::none_of(rule.languages, speaks)) return false;
  if (!rule.countries.empty() &&
      std::ranges::find(rule.countries, visit.country) == rule.countries.end()) {
    return false;
  }
  return std::ranges::all_of(rule.query, [&](const QueryCondition& condition) {
    return query_holds(condition, visit.query);
  });
}

Choice choose(std::string_view own_url, const std::vector<RedirectRule>& rules,
              const std::vector<Variant>& variants, const Visit& visit) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (rule_holds(rules[i], visit)) return {rules[i].url, Why::kRule, i};
  }
  if (variants.empty()) return {own_url, Why::kLink, 0};
  std::uint64_t total = 0;
  for (const Variant& variant : variants) total += static_cast<std::uint64_t>(variant.weight);
  CHECK(total > 0);
  // Of 2^64 draws, so the share of a variant is off by less than 10,000 / 2^64.
  std::uint64_t left = visit.draw % total;
  std::size_t at = 0;
  while (left >= static_cast<std::uint64_t>(variants[at].weight)) {
    left -= static_cast<std::uint64_t>(variants[at++].weight);
  }
  return {variants[at].url, Why::kVariant, at};
}

std::string with_query(std::string_view url, std::string_view query) {
  if (query.empty()) return std::string(url);
  const std::size_t fragment = std::min(url.find('#'), url.size());
  const std::string_view before = url.substr(0, fragment);
  std::string out;
  out.reserve(url.size() + query.size() + 1);
  out += before;
  const std::size_t question = before.find('?');
  if (question == std::string_view::npos) {
    out += '?';
  } else if (question + 1 != before.size() && !before.ends_with('&')) {
    out += '&';
  }
  out += query;
  out += url.substr(fragment);
  return out;
}

}  // namespace ashlar::links
