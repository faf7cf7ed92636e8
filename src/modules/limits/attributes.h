// Attributes: what is known of a request that limits judge: who, what, whence.
//
// The names user, endpoint, address and api_key are understood; any other may be used as well. The
// tenant is none of them: each tenant has its own rules.
//   names    [a-z0-9_.-]{1,40}; at most kMax, each once
//   values   1 to kMaxValueBytes bytes of UTF-8
//   address  an IPv4 or IPv6 address; an IPv6 one counts by its /64, which is what one customer has
// Views: the texts belong to the caller. Pure; any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ashlar::limits {

inline constexpr std::size_t kMaxAttributes = 16;
inline constexpr std::size_t kMaxAttributeNameBytes = 40;
inline constexpr std::size_t kMaxAttributeBytes = 256;
inline constexpr std::string_view kAddress = "address";

struct Attribute {
  std::string_view name;
  std::string_view value;
};
using Attributes = std::span<const Attribute>;

bool is_attribute_name(std::string_view name);

// kInvalid invalid_request with each wrong attribute as field `pointer`/name: reasons bad_format,
// too_short, too_long, too_many_items, bad_address, duplicate.
base::Status check_attributes(Attributes attributes, std::string_view pointer);

// The text under which an address is counted: "192.0.2.1", "2001:db8:0:1::/64". What is no address
// stays as it is.
std::string counted_address(std::string_view address);

}  // namespace ashlar::limits
