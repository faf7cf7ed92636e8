// redirect_rules: to which of a link's targets a visit leads.
//
//   the first rule all of whose conditions hold ──> its target
//   else one of the variants, by their weights  ──> its target
//   else                                        ──> the link's own target
//
// A condition with several values holds when one of them does. A visit that tells no language, or
// of which no country is known, fulfils no condition on it.
//
// Pure: values and `now` in, a choice out. Any thread. O(conditions).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "modules/links/visitor.h"

namespace ashlar::links {

inline constexpr std::size_t kMaxRules = 50;
inline constexpr std::size_t kMaxVariants = 10;
inline constexpr std::int64_t kMaxWeight = 1'000;

// Of the visit's query. Names and values are compared decoded, by case.
struct QueryCondition {
  std::string name;
  std::optional<std::string> value;  // none: whatever it has
  friend bool operator==(const QueryCondition&, const QueryCondition&) = default;
};

struct RedirectRule {
  std::string url;
  // Masks of Device, Os, Browser; 0: whichever.
  std::uint8_t devices = 0;
  std::uint8_t systems = 0;
  std::uint8_t browsers = 0;
  std::vector<std::string> languages;  // RFC 4647 basic ranges, of the language liked best
  std::optional<base::Time> from;      // not before
  std::optional<base::Time> until;     // not from then on
  std::vector<QueryCondition> query;   // all of them
  std::vector<std::string> countries;  // ISO 3166-1 alpha-2, upper case
  friend bool operator==(const RedirectRule&, const RedirectRule&) = default;

  [[nodiscard]] bool has_condition() const {
    return devices != 0 || systems != 0 || browsers != 0 || !languages.empty() || from || until ||
           !query.empty() || !countries.empty();
  }
};

struct Variant {
  std::string url;
  std::int64_t weight = 1;  // 1 … kMaxWeight
  friend bool operator==(const Variant&, const Variant&) = default;
};

struct Visit {
  VisitorAgent agent;
  std::string_view language;  // liked best; "" not told
  std::string_view query;     // as sent, still encoded
  std::string_view country;   // upper case; "" not known
  base::Time now;
  std::uint64_t draw = 0;  // even over all 64 bits; the same draw gets the same variant
};

enum class Why : std::uint8_t { kLink, kRule, kVariant };

struct Choice {
  std::string_view url;  // lives as long as what was chosen from
  Why why = Why::kLink;
  std::size_t index = 0;  // of the rule or the variant, from 0
};

Choice choose(std::string_view own_url, const std::vector<RedirectRule>& rules,
              const std::vector<Variant>& variants, const Visit& visit);

bool rule_holds(const RedirectRule& rule, const Visit& visit);

// `url` with the visit's query appended to its own, before a fragment.
std::string with_query(std::string_view url, std::string_view query);

}  // namespace ashlar::links
