// Transfers: HTTP exchanges under way by libcurl's multi interface, all on one thread: the attempts
// of OutboundClient's calls. What an attempt means is not known here.
//
// Redirects are not followed, proxies of the environment not used, only http and https spoken, and
// no more of an answer is kept than asked for. The address guard sees each address at the moment of
// connecting, after resolution, so that no second look-up can put another in its place (DNS
// rebinding). A connection is kept for the next transfer, so what may be reached is the same for
// all transfers of one object.
//
// Bounds: kMaxConnections in all; headers of an answer 64 KiB. One thread, the owner's, but wake().
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/outbound/policy.h"

namespace ashlar::outbound {

class Transfers {
 public:
  static constexpr long kMaxConnections = 512;

  using Id = std::uint64_t;
  struct Spec {
    const Request& request;  // looked at by start() alone
    HeaderList more;         // headers besides the request's
    base::Millis timeout;
    std::size_t max_answer_bytes;
    bool cut_answer = false;  // more of an answer is left off instead of kTooLarge
  };
  // How one ended.
  enum class End : std::uint8_t {
    kAnswered,   // Answer is whole, or cut
    kNotBegun,   // no connection: surely nothing was done
    kBroken,     // the connection ended early: it may have been done
    kTimedOut,   // so may this
    kTooLarge,   // the answer is larger than was asked for
    kForbidden,  // the address guard, or a URL that is none: it will never be sent
  };
  using OnEnd = std::function<void(Id, End, Answer answer, std::string detail)>;

  // allow_private: addresses that are not public may be connected to. names: "HOST:PORT:ADDRESS",
  // with further addresses after commas: what the resolver is not asked for.
  Transfers(bool allow_private, const std::vector<std::string>& names, OnEnd on_end);
  ~Transfers();  // cancels all
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;

  // on_end follows from a later run_for(), always.
  Id start(const Spec& spec);
  void cancel(Id id);  // no on_end follows; unknown ids are ignored

  // Waits for sockets, at most so long, moves bytes, calls on_end.
  void run_for(base::Millis longest);
  void wake();  // any thread: ends a run_for() early

 private:
  struct Transfer;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::outbound
