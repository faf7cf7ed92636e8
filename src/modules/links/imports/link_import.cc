#include "modules/links/imports/link_import.h"

#include <algorithm>
#include <array>

namespace ashlar::links {
namespace {

constexpr std::array<std::string_view, 5> kSources{"jsonl", "shlink", "kutt", "yourls", "bitly"};
constexpr std::array<std::string_view, 3> kFormats{"csv", "jsonl", "json"};
constexpr std::array<std::string_view, 5> kStates{"open", "running", "done", "failed", "cancelled"};

template <class Enum, std::size_t N>
std::optional<Enum> named(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

}  // namespace

std::string_view name_of(ImportSource source) {
  return kSources.at(static_cast<std::size_t>(source));
}
std::string_view name_of(ImportFormat format) {
  return kFormats.at(static_cast<std::size_t>(format));
}
std::string_view name_of(ImportState state) { return kStates.at(static_cast<std::size_t>(state)); }

std::optional<ImportSource> source_named(std::string_view name) {
  return named<ImportSource>(kSources, name);
}
std::optional<ImportFormat> format_named(std::string_view name) {
  return named<ImportFormat>(kFormats, name);
}
std::optional<ImportState> state_named(std::string_view name) {
  return named<ImportState>(kStates, name);
}

}  // namespace ashlar::links
