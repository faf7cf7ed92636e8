#include "modules/links/link_settings.h"

#include <algorithm>

namespace ashlar::links {
namespace {

template <class T>
void apply(const std::optional<T>& change, T& value) {
  if (change) value = *change;
}

}  // namespace

bool LinkSettings::asks_for_country() const {
  return std::ranges::any_of(rules,
                             [](const RedirectRule& rule) { return !rule.countries.empty(); });
}

std::size_t LinkSettings::bytes() const {
  std::size_t bytes = sizeof(LinkSettings) + expired_url.size() + password_hash.size();
  for (const RedirectRule& rule : rules) {
    bytes += sizeof(RedirectRule) + rule.url.size();
    for (const std::string& text : rule.languages) bytes += sizeof(text) + text.size();
    bytes += rule.countries.size() * sizeof(std::string);
    for (const QueryCondition& condition : rule.query) {
      bytes += sizeof(condition) + condition.name.size() + condition.value.value_or("").size();
    }
  }
  for (const std::string& reason : flag.reasons) bytes += sizeof(reason) + reason.size();
  for (const Variant& variant : variants) bytes += sizeof(variant) + variant.url.size();
  return bytes;
}

LinkSettings changed(LinkSettings settings, const SettingsChange& change) {
  apply(change.valid_from, settings.valid_from);
  apply(change.expired_url, settings.expired_url);
  apply(change.max_clicks, settings.max_clicks);
  apply(change.password_hash, settings.password_hash);
  apply(change.forward_query, settings.forward_query);
  apply(change.rules, settings.rules);
  apply(change.variants, settings.variants);
  apply(change.title, settings.title);
  apply(change.notes, settings.notes);
  apply(change.owner, settings.owner);
  apply(change.tags, settings.tags);
  apply(change.archived, settings.archived);
  return settings;
}

}  // namespace ashlar::links
