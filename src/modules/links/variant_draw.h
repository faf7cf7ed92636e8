// variant_draw: by which a visitor gets the same variant of a link all day (UTC), in every process:
// a keyed hash of the day, the link, the address and the User-Agent, which is kept nowhere. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/time.h"
#include "kit/siphash.h"
#include "modules/links/link.h"

namespace ashlar::links {

std::uint64_t variant_draw(const kit::SipKey& key, LinkId link, std::string_view address,
                           std::string_view user_agent, base::Time now);

}  // namespace ashlar::links
