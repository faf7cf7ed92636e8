#include "modules/links/settings_rules.h"

#include <algorithm>
#include <string>
#include <utility>

namespace ashlar::links {
namespace {

void check_url(std::string& url, const OwnHosts& own, const std::string& field,
               FieldErrors& errors) {
  base::Result<std::string> target = check_target(url, own);
  if (target.ok()) {
    url = std::move(target).value();
  } else {
    errors.add(target.error(), field);
  }
}

void check_rules(std::vector<RedirectRule>& rules, const OwnHosts& own, FieldErrors& errors) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::string field = "/rules/" + std::to_string(i);
    check_url(rules[i].url, own, field + "/url", errors);
    if (!rules[i].has_condition()) {
      errors.add(field, "rule_without_condition",
                 "A rule without a condition takes every visit: give it one, or change the url.");
    }
    if (rules[i].from && rules[i].until && *rules[i].until <= *rules[i].from) {
      errors.add(field + "/until", "rule_without_time", "A rule ends after it begins.");
    }
  }
}

void check_variants(std::vector<Variant>& variants, const OwnHosts& own, FieldErrors& errors) {
  if (variants.size() == 1) {
    errors.add("/variants", "one_variant", "Give two variants or more, or none.");
  }
  for (std::size_t i = 0; i < variants.size(); ++i) {
    check_url(variants[i].url, own, "/variants/" + std::to_string(i) + "/url", errors);
  }
}

void check_tags(std::vector<std::string>& tags, FieldErrors& errors) {
  for (std::size_t i = 0; i < tags.size(); ++i) {
    if (is_tag(tags[i])) continue;
    errors.add("/tags/" + std::to_string(i), "bad_tag",
               "A tag has no comma, no control character and no space at its ends.");
  }
  std::ranges::sort(tags);
  tags.erase(std::ranges::unique(tags).begin(), tags.end());
}

}  // namespace

// Commas separate tags in a query.
bool is_tag(std::string_view tag) {
  return !tag.empty() && tag.front() != ' ' && tag.back() != ' ' &&
         std::ranges::none_of(tag, [](char c) {
           return static_cast<unsigned char>(c) < ' ' || c == '\x7f' || c == ',';
         });
}

void check_settings(LinkSettings& settings, std::optional<base::Time> expires_at,
                    const OwnHosts& own, FieldErrors& errors) {
  if (!settings.expired_url.empty()) {
    check_url(settings.expired_url, own, "/expired_url", errors);
  }
  if (settings.valid_from && expires_at && *settings.valid_from >= *expires_at) {
    errors.add("/valid_from", "valid_after_expiry", "The link would expire before it is valid.");
  }
  check_rules(settings.rules, own, errors);
  check_variants(settings.variants, own, errors);
  check_tags(settings.tags, errors);
}

}  // namespace ashlar::links
