// VisitorSalts: the keys by which visitors of one day (UTC) are told apart, the same in every
// process of an installation.
//
// A visitor is a keyed hash of tenant, address and User-Agent. The key is chance, made by whoever
// first needs it, kept in the database while its day's clicks may come, and removed two days later
// (RollupRetention): from then on nobody, with the whole database, can tell whether an address was
// there. Tenants' hashes of one visitor differ.
//
// prepare() blocks for storage and is called by one thread; that thread alone calls visitor().
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "kit/siphash.h"

namespace ashlar::base {
class Entropy;
}
namespace ashlar::storage {
class Database;
}

namespace ashlar::links::analytics {

class VisitorSalts {
 public:
  static constexpr std::int64_t kDaysKept = 2;

  // Both outlive it.
  VisitorSalts(storage::Database& db, base::Entropy& entropy) : db_(db), entropy_(entropy) {}

  // So long before a day begins its key is made: visits come between a prepare() and the next.
  static constexpr base::Seconds kAhead{60};

  // Afterwards the keys of the days of `now` and of kAhead later are at hand. An error: they are
  // not; those before them are.
  base::Status prepare(base::Time now);
  // nullopt: there is no address, or no key of that day.
  [[nodiscard]] std::optional<std::uint64_t> visitor(base::TenantId tenant, base::Time at,
                                                     std::string_view address,
                                                     std::string_view user_agent) const;

 private:
  base::Status prepare_day(std::int64_t day);

  storage::Database& db_;
  base::Entropy& entropy_;
  std::map<std::int64_t, kit::SipKey> keys_;  // of the last kDaysKept days, and the next one
};

}  // namespace ashlar::links::analytics
