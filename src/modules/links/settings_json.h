// The JSON of a link's settings: what the API takes and gives of rules and variants, and how all of
// a link's settings are kept in its row of links_settings.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/links/link_settings.h"
#include "platform/json/schema.h"

namespace ashlar::links {

struct QueryConditionJson {
  std::string name;
  std::optional<std::string> value;
};

struct RuleJson {
  std::string url;
  std::vector<std::string> devices;
  std::vector<std::string> os;
  std::vector<std::string> browsers;
  std::vector<std::string> languages;
  std::optional<base::Time> from;
  std::optional<base::Time> until;
  std::vector<QueryConditionJson> query;
  std::vector<std::string> countries;
};

struct VariantJson {
  std::string url;
  std::int64_t weight = 1;
};

const json::Schema<RuleJson>& rule_schema();
const json::Schema<VariantJson>& variant_schema();

// REQUIRES of both: they have passed their schemas.
std::vector<RedirectRule> rules_of(const std::vector<RuleJson>& rules);
std::vector<Variant> variants_of(const std::vector<VariantJson>& variants);
std::vector<RuleJson> json_of(const std::vector<RedirectRule>& rules);
std::vector<VariantJson> json_of(const std::vector<Variant>& variants);

std::string stored_settings(const LinkSettings& settings);
// kInternal bad_settings: the row does not hold what stored_settings() writes.
base::Result<LinkSettings> settings_from_stored(std::string_view text);

}  // namespace ashlar::links
