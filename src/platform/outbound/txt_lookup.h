// TxtLookup: the TXT records of a name, by the machine's resolver or one that is named.
//
// Promises
//  1. An answer takes kMostTime at most, whatever the network does; kAtOnce are under way in this
//     process at once, and who is one too many is told so (kUnavailable dns_busy).
//  2. No record, and no such name, are an empty answer; what the resolver could not find out is
//     kUnavailable dns_unavailable.
// Blocks. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace ashlar::outbound {

class TxtLookup {
 public:
  static constexpr base::Seconds kMostTime{9};
  static constexpr int kAtOnce = 4;
  static constexpr std::size_t kMaxRecords = 64;

  struct Server {
    std::uint32_t address = 0;  // IPv4, in the network's order
    std::uint16_t port = 53;
  };
  // "192.0.2.53" or "192.0.2.53:5353".
  static std::optional<Server> parse_server(std::string_view text);

  // nullopt: those of /etc/resolv.conf.
  explicit TxtLookup(std::optional<Server> server = {}) : server_(server) {}
  TxtLookup(const TxtLookup&) = delete;
  TxtLookup& operator=(const TxtLookup&) = delete;

  // Of each record its text, in the pieces' order, as one; the first kMaxRecords.
  base::Result<std::vector<std::string>> look_up(const std::string& name);

 private:
  const std::optional<Server> server_;
  std::atomic<int> under_way_{0};
};

}  // namespace ashlar::outbound
