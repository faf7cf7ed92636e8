// Ids of payments and of what belongs to them: from a part's id follows its payment's, so that
// nothing has to be looked up to find it.
//
//   pay_ + 22         a payment; the 22 begin with the time: later ids sort later
//   ch_  + 22 + nn    its nn-th attempt (a charge); cap_ its captures, re_ refunds, dp_ disputes
//   txn_ + 22 + k + nn  the balance entry of such a part; k: c capture, r refund, d dispute, w won,
//                       f refund that failed, p payout, x payout that failed
//   evt_ + 22 + nnnn  the nnnn-th event of a payment, customer, method or payout (and its kind's
//                     letter before it: see event_id)
//   cus_, pm_, po_ + 22
//
// nn and nnnn are base62 with leading zeros. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace ashlar::base {
class Entropy;
}

namespace ashlar::payments {

inline constexpr std::size_t kStemBytes = 22;
inline constexpr std::int64_t kMaxParts = 62 * 62 - 1;             // of a kind in one payment
inline constexpr std::int64_t kMaxEvents = 62 * 62 * 62 * 62 - 1;  // of one subject

// Nine characters of time in microseconds, so that what one client makes one after the other is
// listed so; thirteen of chance.
std::string new_id(std::string_view prefix, base::Time now, base::Entropy& entropy);

// What no id made at that time or later sorts before.
std::string lowest_id(std::string_view prefix, base::Time at);

// "pay_…" and 3 make "ch_…03". REQUIRES: number in 1 to kMaxParts.
std::string part_id(std::string_view prefix, std::string_view payment, std::int64_t number);
// Of a ch_, cap_, re_, dp_ or txn_ id (of a payment's part), or of a pay_ itself: "pay_…".
std::optional<std::string> payment_of(std::string_view id);
// "cap_…01" and 'c' make "txn_…c01"; of a payout "po_…" and 'p' "txn_…p01".
std::string entry_id(std::string_view part, char kind);

// REQUIRES: no in 1 to kMaxEvents.
std::string event_id(std::string_view subject, std::int64_t no);
struct EventPlace {
  std::string subject;
  std::int64_t no = 0;
};
std::optional<EventPlace> event_place(std::string_view id);

}  // namespace ashlar::payments
