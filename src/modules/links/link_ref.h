// LinkRef: which link, by what visitors see: its code on its host.
//
// A code is unique on its domain (domain.h), so nothing smaller names a link. The key is the same
// as one text: what caches, notices and events (aggregate_id) call it. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace ashlar::links {

// Valid as long as what the views point into.
struct LinkRef {
  std::string_view host{};  // of a domain; "": the installation's own
  std::string_view code{};
};

// "code" on the installation's own host, "host/code" on a domain: no code and no host holds a '/'.
std::string link_key(LinkRef ref);
LinkRef ref_of_key(std::string_view key);

// A key is an event's aggregate_id, of which that is the longest (events/event.h).
inline constexpr std::size_t kMaxLinkKeyBytes = 255;
inline constexpr std::size_t kMaxDomainHostBytes = kMaxLinkKeyBytes - 1 - 64;
// Room for the key of any link, for who makes one for each request.
using LinkKeyBuffer = std::array<char, kMaxLinkKeyBytes>;
// REQUIRES: the host is a domain's, the code one (is_code()).
std::string_view link_key(LinkRef ref, LinkKeyBuffer& buffer);

}  // namespace ashlar::links
