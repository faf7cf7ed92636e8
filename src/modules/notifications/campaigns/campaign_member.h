// Member: one of a campaign's audience: a user, or a bare address, with what the text is filled
// with for them alone.
//
// A list of members is kept as one blob. Values and pure functions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ashlar::notifications {

struct Member {
  enum class Kind : std::uint8_t { kUser = 0, kEmail = 1, kPhone = 2 };
  static constexpr std::size_t kMaxDataBytes = 4 * 1024;

  Kind kind = Kind::kUser;
  std::string address;  // the user's id; or a mail address, a phone number, normalised
  std::string data{};   // JSON object whose members go before the campaign's; empty: none

  // What makes two of them the same: "u" + id, "e" + address, "p" + number.
  [[nodiscard]] std::string key() const;

  friend bool operator==(const Member&, const Member&) = default;
};

std::string encode_members(std::span<const Member> members);
// kInternal campaign_members_damaged.
base::Result<std::vector<Member>> decode_members(std::string_view blob);

}  // namespace ashlar::notifications
