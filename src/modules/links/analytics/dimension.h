// Dimension: what clicks are told apart by. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ashlar::links::analytics {

// Stored as these numbers: never renumbered.
enum class Dimension : std::uint8_t {
  kReferrer = 0,  // host of the page that the visitor came from
  kCountry = 1,   // ISO 3166-1 alpha-2
  kRegion = 2,    // ISO 3166-2: "DE-BY"
  kDevice = 3,
  kBrowser = 4,
  kOs = 5,
  kUtmSource = 6,
  kUtmMedium = 7,
  kUtmCampaign = 8,
  kUtmTerm = 9,
  kUtmContent = 10,
  kChoice = 11,  // "rule 2", "variant 1"; nothing where url itself was taken
  kLink = 12,    // which link, by its id; of several links' roll-ups only
};
inline constexpr std::size_t kDimensions = 13;

constexpr std::size_t index_of(Dimension dimension) { return static_cast<std::size_t>(dimension); }

std::string_view name_of(Dimension dimension);  // "utm_source"
std::optional<Dimension> dimension_named(std::string_view name);

// All of them, in the order of reports.
const std::array<Dimension, kDimensions>& all_dimensions();

}  // namespace ashlar::links::analytics
