// StrongId<Tag>: a 64-bit id that cannot be mistaken for another kind of id, nor for a number.
//
// Zero means "none". In JSON an id is a string (53-bit JavaScript numbers); see to_string().
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace ashlar::base {

template <class Tag>
struct StrongId {
  std::int64_t value = 0;

  constexpr StrongId() = default;
  constexpr explicit StrongId(std::int64_t v) : value(v) {}

  [[nodiscard]] constexpr bool is_set() const { return value != 0; }
  [[nodiscard]] std::string to_string() const { return std::to_string(value); }
  friend constexpr auto operator<=>(StrongId, StrongId) = default;
};

using TenantId = StrongId<struct TenantTag>;

}  // namespace ashlar::base

template <class Tag>
struct std::hash<ashlar::base::StrongId<Tag>> {
  std::size_t operator()(ashlar::base::StrongId<Tag> id) const noexcept {
    return std::hash<std::int64_t>{}(id.value);
  }
};
