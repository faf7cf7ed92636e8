// DomainTable: which hosts are somebody's domain, in memory, for redirects.
//
//             load(), or the first look_up()
//   unread ─────────────────────────────────> read ──notice of a host──> that host is in doubt:
//     ▲                                        │                         look_up() reads it alone
//     └── resync, or too many hosts in doubt ──┘
//
// Promises
//  1. A change is seen by the next look_up() of this process: the host is in doubt before the
//     change is acknowledged, and what was read before is not put back (each doubt has a number; a
//     read takes away those alone that it has seen). Other processes hear of it right after the
//     commit (storage/database.h, 5).
//  2. Where there are no domains find() costs one relaxed load, and where it says so, it is so.
//  3. find() and holds() touch memory only, under one short lock; look_up() waits for the database
//     where it has to, one reader for all who want the same host.
// Bounds: a few hundred bytes a domain; kMaxDoubts hosts in doubt, beyond which all is read anew.
// Any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "base/time.h"
#include "kit/cache/cache_hash.h"
#include "kit/cache/single_flight.h"
#include "modules/links/domain.h"
#include "modules/links/link_ref.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::obs {
class Registry;
}
namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::links {

inline constexpr std::string_view kDomainsChannel = "links_domains";  // payload: the host

// What a Host field names, as domains are spelled: without port and dot at the end, in lower case;
// "" of what can be no domain. REQUIRES: http::is_valid_host(field), or it is empty.
using HostBuffer = std::array<char, kMaxDomainHostBytes>;
std::string_view host_of_field(std::string_view field, HostBuffer& buffer);

class DomainTable {
 public:
  using Known = std::shared_ptr<const Domain>;  // null: no domain, so the installation's own

  static constexpr std::size_t kMaxDoubts = 10'000;

  // Subscribes to kDomainsChannel. All by reference outlives it, and it outlives `db`'s threads.
  DomainTable(storage::Database& db, const base::Clock& clock, std::uint64_t seed,
              obs::Registry& metrics);
  DomainTable(const DomainTable&) = delete;
  DomainTable& operator=(const DomainTable&) = delete;

  // Reads them all, however long it takes. What fails is read by the first look_up().
  base::Status load();

  // False: no host is a domain.
  [[nodiscard]] bool any() const { return any_.load(std::memory_order_relaxed); }

  struct Found {
    bool in_doubt = false;  // only look_up() can tell
    Known domain{};
  };
  // `host`: as domains are spelled.
  [[nodiscard]] Found find(std::string_view host) const;
  base::Result<Known> look_up(const std::string& host, base::Mono deadline);

  // As far as is known just now. It keeps people from mistakes, nothing more.
  [[nodiscard]] bool holds(std::string_view host) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return hash(text); }
    kit::CacheHash<std::string> hash;
  };
  template <class Value>
  using Hosts = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;
  using Read = base::Result<Known>;

  void doubt(std::string_view host);
  void doubt_all();
  base::Result<Known> read(const std::string& host, base::Mono deadline);
  base::Status read_all(std::optional<base::Mono> deadline);
  base::Result<Known> read_one(const std::string& host, base::Mono deadline);
  void note_any();  // REQUIRES: mutex_ is held

  storage::Database& db_;
  const base::Clock& clock_;
  std::atomic<bool> any_{true};
  kit::SingleFlight<std::string, Read, kit::CacheHash<std::string>> flights_;

  mutable std::mutex mutex_;  // guards what follows
  Hosts<Known> domains_;
  Hosts<std::uint64_t> doubts_;  // the number of the last one
  std::uint64_t number_ = 0;     // of the last doubt, of one host or of all
  std::uint64_t doubted_all_ = 0;
  bool is_read_ = false;
};

}  // namespace ashlar::links
