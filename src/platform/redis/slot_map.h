// What CLUSTER SLOTS answers: which primary has which slots. And where MOVED and ASK point.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "platform/redis/reply.h"

namespace ashlar::redis {

struct SlotRange {
  std::uint16_t first;
  std::uint16_t last;
  std::string host;
  std::uint16_t port;
};

// `asked`: the host that answered; an empty name in the answer means it. Error: kUnavailable
// redis_unreachable, where the answer is an error or is not understood.
base::Result<std::vector<SlotRange>> parse_slots(const Reply& reply, std::string_view asked);

struct Redirect {
  bool ask;  // for this command alone
  std::uint16_t slot;
  std::string host;
  std::uint16_t port;
};

// Of an error "MOVED 3999 127.0.0.1:6381" or "ASK …"; nullopt for any other.
std::optional<Redirect> parse_redirect(std::string_view error, std::string_view asked);

}  // namespace ashlar::redis
