#include "modules/links/analytics/dimension.h"

namespace ashlar::links::analytics {
namespace {

constexpr std::array<std::string_view, kDimensions> kNames{
    "referrer",   "country",      "region",   "device",      "browser", "os",  "utm_source",
    "utm_medium", "utm_campaign", "utm_term", "utm_content", "choice",  "link"};

}  // namespace

std::string_view name_of(Dimension dimension) { return kNames.at(index_of(dimension)); }

std::optional<Dimension> dimension_named(std::string_view name) {
  for (const Dimension dimension : all_dimensions()) {
    if (name_of(dimension) == name) return dimension;
  }
  return std::nullopt;
}

const std::array<Dimension, kDimensions>& all_dimensions() {
  using enum Dimension;
  static constexpr std::array<Dimension, kDimensions> kAll{
      kLink,      kReferrer,  kCountry,     kRegion,  kDevice,     kBrowser, kOs,
      kUtmSource, kUtmMedium, kUtmCampaign, kUtmTerm, kUtmContent, kChoice};
  return kAll;
}

}  // namespace ashlar::links::analytics
